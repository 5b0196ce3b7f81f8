from django.urls import path

from .views import downloads, exports, keeping, schedules, verifying

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
    path("<uuid:pk>/extend/", keeping.extend, name="extend"),
    path("<uuid:pk>/delete/", keeping.delete, name="delete"),
    path("<uuid:pk>/download/", downloads.download, name="download"),
    path("<uuid:pk>/file/", downloads.file, name="file"),
]
