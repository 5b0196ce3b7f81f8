from django.urls import path

from . import views

app_name = "exports"
urlpatterns = [
    path("", views.exports, name="list"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/download/", views.download, name="download"),
]
