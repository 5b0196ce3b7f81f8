from django.urls import path, re_path

from .views import bonds, posts, timelines

PERSON = r"@(?P<username>[A-Za-z0-9_]{1,30})"

app_name = "blog"
urlpatterns = [
    path("", timelines.home, name="home"),
    re_path(rf"^{PERSON}/$", timelines.profile, name="profile"),
    re_path(rf"^{PERSON}/follow/$", bonds.follow, name="follow"),
    re_path(rf"^{PERSON}/unfollow/$", bonds.unfollow, name="unfollow"),
    path("posts/<int:pk>/", posts.post, name="post"),
]
