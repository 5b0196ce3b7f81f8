from django.urls import path

from . import views

app_name = "tasks"
urlpatterns = [
    path("<uuid:pk>/dismiss/", views.dismiss, name="dismiss"),
]
