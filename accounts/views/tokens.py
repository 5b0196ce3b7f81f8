"""What people let programs do for them."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import OwnTokenForm

SHOWN = 100  # tokens on the list


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request):
    """The secret of a new token is the answer to what asked for it: it is kept nowhere, so it can't
    be on a page that the browser would be sent to."""
    form = OwnTokenForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid() and (issued := form.issue_own()):
        token, secret = issued
        context = {"token": token, "secret": secret, "site": settings.SITE_URL}
        page = render(request, "accounts/new_token.html", context)
        page["Cache-Control"] = "no-store"
        return page
    mine = request.user.tokens.alive().named_first()[:SHOWN]
    return render(request, "accounts/tokens.html", {"form": form, "tokens": mine, "shown": SHOWN})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request, pk):
    token = get_object_or_404(request.user.tokens, pk=pk)
    if request.method != "POST":
        return render(request, "accounts/revoke_token.html", {"token": token})
    token.delete()
    messages.success(request, _("The token is revoked."))
    return redirect("accounts:tokens")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_all(request):
    if request.method != "POST":
        count = request.user.tokens.alive().count()
        return render(request, "accounts/revoke_tokens.html", {"count": count})
    request.user.tokens.all().delete()
    messages.success(request, _("All your tokens are revoked."))
    return redirect("accounts:tokens")
