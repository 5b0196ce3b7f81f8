"""Where people are signed in."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

SHOWN = 100  # sessions on the list


@login_required
@require_safe
def sessions(request):
    mine = request.user.sessions.alive().latest_first()[:SHOWN]
    context = {"sessions": mine, "shown": SHOWN, "this": request.session.session_key}
    return render(request, "accounts/sessions.html", context)


@login_required
@require_POST
def end(request, pk):
    session = get_object_or_404(request.user.sessions, public_id=pk)
    session.delete()
    messages.success(request, _("That browser is signed out."))
    return redirect("accounts:sessions")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_others(request):
    """Also the tokens of programs, if that is wished."""
    person = request.user
    if request.method != "POST":
        others = person.sessions.alive().exclude(session_key=request.session.session_key).count()
        context = {"others": others, "tokens": person.tokens.alive().count()}
        return render(request, "accounts/end_sessions.html", context)
    person.sign_out()
    update_session_auth_hash(request, person)  # here they stay
    if "programs" in request.POST:
        person.tokens.all().delete()
        messages.success(request, _("All other browsers and all your programs are signed out."))
    else:
        messages.success(request, _("All other browsers are signed out."))
    return redirect("accounts:sessions")
