from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path

from .sitemaps import SITEMAPS
from .views import bonds, feeds, messages, notifications, posts, search, timelines

PERSON = r"@(?P<username>[A-Za-z0-9_]{1,30})"

app_name = "blog"
urlpatterns = [
    path("", timelines.home, name="home"),
    re_path(rf"^{PERSON}/$", timelines.profile, name="profile"),
    re_path(rf"^{PERSON}/follow/$", bonds.follow, name="follow"),
    re_path(rf"^{PERSON}/unfollow/$", bonds.unfollow, name="unfollow"),
    re_path(rf"^{PERSON}/mute/$", bonds.mute, name="mute"),
    re_path(rf"^{PERSON}/unmute/$", bonds.unmute, name="unmute"),
    re_path(rf"^{PERSON}/block/$", bonds.block, name="block"),
    re_path(rf"^{PERSON}/unblock/$", bonds.unblock, name="unblock"),
    re_path(rf"^{PERSON}/remove/$", bonds.remove_follower, name="remove_follower"),
    re_path(rf"^{PERSON}/followers/$", bonds.followers, name="followers"),
    re_path(rf"^{PERSON}/following/$", bonds.following, name="following"),
    re_path(rf"^{PERSON}/card/$", bonds.card, name="card"),
    re_path(rf"^{PERSON}/feed.atom$", feeds.atom, name="feed_atom"),
    re_path(rf"^{PERSON}/feed.json$", feeds.json, name="feed_json"),
    path("explore/", timelines.explore, name="explore"),
    path("mentions/", timelines.mentions, name="mentions"),
    path("tags/<str:name>/", timelines.tag, name="tag"),
    path("people/hidden/", bonds.hidden, name="hidden"),
    path("posts/<int:pk>/", posts.post, name="post"),
    path("posts/<int:pk>/history/", posts.history, name="history"),
    path("posts/<int:pk>/edit/", posts.edit, name="edit"),
    path("posts/<int:pk>/delete/", posts.delete, name="delete"),
    path("posts/<int:pk>/undo/", posts.undo, name="undo"),
    path("posts/<int:pk>/translation/", posts.translation, name="translation"),
    path("search/", search.find, name="search"),
    path("messages/", messages.conversations, name="messages"),
    path("messages/received/", messages.received, name="received"),
    path("messages/sent/", messages.sent, name="sent"),
    re_path(rf"^messages/{PERSON}/$", messages.conversation, name="conversation"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.mark_all_read, name="mark_all_read"),
    path("notifications/<int:pk>/", notifications.notification, name="notification"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", feeds.robots, name="robots"),
    path("manifest.webmanifest", feeds.manifest, name="manifest"),
]
