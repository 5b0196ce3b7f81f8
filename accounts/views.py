from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .forms import RegisterForm


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
