from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from . import inbox, views

urlpatterns = [
    path("", include("blog.urls")),
    path("accounts/", include("accounts.urls")),
    path("alerts/", views.alerts, name="alerts"),
    path("exports/", include("exports.urls")),
    path("tasks/", include("tasks.urls")),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns += [
        path("mail/", inbox.inbox, name="inbox"),
        path("mail/<str:name>/", inbox.read, name="letter"),
        path("mail/<str:name>/<int:number>/", inbox.part, name="letter-part"),
    ]
