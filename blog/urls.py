from django.urls import path, re_path

from . import views

app_name = "blog"
urlpatterns = [
    path("", views.home, name="home"),
    re_path(r"^@(?P<username>[A-Za-z0-9_]{1,30})/$", views.profile, name="profile"),
    path("posts/<int:pk>/", views.post, name="post"),
]
