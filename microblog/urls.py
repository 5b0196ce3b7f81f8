from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from . import views

handler400 = "microblog.errors.bad_request"
handler403 = "microblog.errors.permission_denied"
handler404 = "microblog.errors.page_not_found"
handler500 = "microblog.errors.server_error"

urlpatterns = [
    # First what is asked for most often.
    path("alerts/", views.alerts, name="alerts"),
    path("api/", include("microblog.api.urls")),
    path("robots.txt", views.robots, name="robots"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path(".well-known/security.txt", views.security, name="security"),
    path(".well-known/change-password", views.change_password, name="change_password"),
    path("", include("blog.urls")),
    path("", include("accounts.urls")),
    path("exports/", include("exports.urls")),
    path("tasks/", include("tasks.urls")),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns.append(path("mail/", include("microblog.inbox")))
