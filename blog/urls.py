from django.urls import path, re_path

from . import views

PERSON = r"@(?P<username>[A-Za-z0-9_]{1,30})"

app_name = "blog"
urlpatterns = [
    path("", views.home, name="home"),
    re_path(rf"^{PERSON}/$", views.profile, name="profile"),
    re_path(rf"^{PERSON}/follow/$", views.follow, name="follow"),
    re_path(rf"^{PERSON}/unfollow/$", views.unfollow, name="unfollow"),
    path("posts/<int:pk>/", views.post, name="post"),
]
