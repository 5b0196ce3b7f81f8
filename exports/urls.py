from django.urls import path

from .views import downloads, exports, keeping, schedules, verifying, webhooks

app_name = "exports"
urlpatterns = [
    path("", exports.exports, name="list"),
    path("verify/", verifying.verify, name="verify"),
    path("schedule/", schedules.save, name="schedule"),
    path("schedule/resume/", schedules.resume, name="schedule_resume"),
    path("schedule/delete/", schedules.delete, name="schedule_delete"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<uuid:hook>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:hook>/ping/", webhooks.ping, name="webhook_ping"),
    path("webhooks/<uuid:hook>/enable/", webhooks.enable, name="webhook_enable"),
    path("webhooks/<uuid:hook>/disable/", webhooks.disable, name="webhook_disable"),
    path("webhooks/<uuid:hook>/delete/", webhooks.delete, name="webhook_delete"),
    path(
        "webhooks/<uuid:hook>/deliveries/<uuid:delivery>/redeliver/",
        webhooks.redeliver,
        name="redeliver",
    ),
    path("<uuid:pk>/", exports.detail, name="detail"),
    path("<uuid:pk>/cancel/", exports.cancel, name="cancel"),
    path("<uuid:pk>/retry/", exports.retry, name="retry"),
    path("<uuid:pk>/extend/", keeping.extend, name="extend"),
    path("<uuid:pk>/delete/", keeping.delete, name="delete"),
    path("<uuid:pk>/download/", downloads.download, name="download"),
    path("<uuid:pk>/file/", downloads.file, name="file"),
]
