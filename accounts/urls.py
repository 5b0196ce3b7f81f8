from django.contrib.auth.views import LogoutView, PasswordResetDoneView
from django.urls import include, path

from .views import entrance, language, pictures, sessions, settings, tokens

of_accounts = [
    path("login/", entrance.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("register/", entrance.register, name="register"),
    path("password-reset/", entrance.PasswordReset.as_view(), name="password_reset"),
    path(
        "password-reset/sent/",
        PasswordResetDoneView.as_view(template_name="accounts/password_reset_done.html"),
        name="password_reset_done",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        entrance.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
    path("language/", language.switch, name="language"),
    path("profile/", settings.profile, name="profile"),
    path("settings/", settings.preferences, name="settings"),
    path("email/", settings.email, name="email"),
    path("email/<str:token>/", settings.email_confirm, name="email_confirm"),
    path("password/", settings.PasswordChange.as_view(), name="password_change"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end/", sessions.end_others, name="end_sessions"),
    path("sessions/<uuid:pk>/end/", sessions.end, name="end_session"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/revoke/", tokens.revoke_all, name="revoke_tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
    path("delete/", settings.delete, name="delete"),
    path("unsubscribe/<str:token>/", settings.unsubscribe, name="unsubscribe"),
]

app_name = "accounts"
urlpatterns = [
    path("@<username:username>/avatar/", pictures.avatar, name="avatar"),
    path("accounts/", include(of_accounts)),
]
