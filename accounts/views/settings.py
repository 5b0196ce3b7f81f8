"""What people decide about their account."""

import logging
from copy import copy

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.core import signing
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import email_tokens, mail, pictures
from accounts.forms import EmailForm, PasswordForm, ProfileForm, SettingsForm
from accounts.models import UNSUBSCRIBABLE, UNSUBSCRIBE_SALT, User

logger = logging.getLogger(__name__)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request):
    # A copy, because a form writes to its instance also what it then refuses.
    form = ProfileForm(request.POST or None, request.FILES or None, instance=copy(request.user))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            form.save()
        except pictures.Away as error:
            logger.error("A picture can't be kept. %s", error)
            form.add_error("picture", pictures.NOT_KEPT)
            status = 503
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    form = SettingsForm(request.POST or None, instance=copy(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(form.instance.language):
            messages.success(request, _("Your settings are saved."))
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form})


class PasswordChange(SuccessMessageMixin, PasswordChangeView):
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:password_change")

    def get_success_message(self, cleaned_data):
        return _("Your password is changed.")


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def email(request):
    form = EmailForm(request.POST or None, person=request.user)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            form.send()
        except mail.Away:
            form.add_error(None, mail.AWAY)
            status = 503
        except mail.ERRORS:
            form.add_error("email", mail.REFUSED)
        else:
            address = form.cleaned_data["email"]
            messages.success(request, _("A mail is on its way to %(email)s.") % {"email": address})
            return redirect("accounts:email")
    return render(request, "accounts/email.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def email_confirm(request, token):
    """Where the mail to a new address leads. Whoever can read that mail need not be signed in."""
    try:
        person, address = email_tokens.read(token)
    except (signing.BadSignature, User.DoesNotExist):
        return render(request, "accounts/email_confirm.html", status=410)
    context = {"person": person, "address": address}
    if request.method == "POST":
        context["changed"] = person.change_email(address)
    elif User.objects.with_email(address).exclude(pk=person.pk).exists():
        context["changed"] = False
    return render(request, "accounts/email_confirm.html", context)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request):
    form = PasswordForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        request.user.delete()
        logout(request)
        messages.success(request, _("Your account is deleted. Goodbye, and all the best."))
        return redirect("blog:home")
    return render(request, "accounts/delete.html", {"form": form})


@csrf_exempt  # a mail program posts here too (RFC 8058); the signed token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    try:
        said = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except signing.BadSignature as error:
        raise Http404 from error
    pk, mails = said if isinstance(said, list) else (said, "mail_new_posts")  # of earlier mails
    person = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        person.unsubscribe(mails)
    context = {"person": person, "about": UNSUBSCRIBABLE[mails], "on": getattr(person, mails)}
    return render(request, "accounts/unsubscribe.html", context)
