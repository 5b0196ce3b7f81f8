from django.urls import path, re_path

from .views import bonds, messages, notifications, posts, search, timelines

PERSON = r"@(?P<username>[A-Za-z0-9_]{1,30})"

app_name = "blog"
urlpatterns = [
    path("", timelines.home, name="home"),
    re_path(rf"^{PERSON}/$", timelines.profile, name="profile"),
    re_path(rf"^{PERSON}/follow/$", bonds.follow, name="follow"),
    re_path(rf"^{PERSON}/unfollow/$", bonds.unfollow, name="unfollow"),
    path("posts/<int:pk>/", posts.post, name="post"),
    path("search/", search.find, name="search"),
    path("messages/", messages.conversations, name="messages"),
    path("messages/received/", messages.received, name="received"),
    path("messages/sent/", messages.sent, name="sent"),
    re_path(rf"^messages/{PERSON}/$", messages.conversation, name="conversation"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.mark_all_read, name="mark_all_read"),
    path("notifications/<int:pk>/", notifications.notification, name="notification"),
]
