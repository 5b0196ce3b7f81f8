from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .forms import RegisterForm, SettingsForm
from .models import UNSUBSCRIBABLE, UNSUBSCRIBE_SALT, User


@require_http_methods(["GET", "HEAD", "POST"])
def register(request):
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.language = get_language()
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:  # the same name or address, registered a moment ago
            form.full_clean()
        else:
            login(request, user)
            messages.success(request, _("Welcome, %(name)s!") % {"name": user.username})
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/register.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your settings are saved."))
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form})


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
