from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .forms import RegisterForm


class LoginView(auth_views.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form):
        form.get_user().use_language(get_language())
        return super().form_valid(form)


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
