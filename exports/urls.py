from django.urls import path

from .views import downloads, exports, schedules, verifying

app_name = "exports"
urlpatterns = [
    path("", exports.exports, name="list"),
    path("verify/", verifying.verify, name="verify"),
    path("schedule/", schedules.save, name="schedule"),
    path("schedule/resume/", schedules.resume, name="schedule_resume"),
    path("schedule/delete/", schedules.delete, name="schedule_delete"),
    path("<uuid:pk>/", exports.detail, name="detail"),
    path("<uuid:pk>/cancel/", exports.cancel, name="cancel"),
    path("<uuid:pk>/retry/", exports.retry, name="retry"),
    path("<uuid:pk>/download/", downloads.download, name="download"),
]
