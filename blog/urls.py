from django.contrib.sitemaps import views as sitemaps
from django.urls import path

from .sitemaps import SITEMAPS
from .views import bonds, feeds, messages, notifications, posts, reports, search, timelines

SITEMAP, SECTION = {"sitemaps": SITEMAPS}, "blog:sitemap_section"

app_name = "blog"
urlpatterns = [
    path("", timelines.home, name="home"),
    path("@<username:username>/", timelines.profile, name="profile"),
    path("@<username:username>/follow/", bonds.follow, name="follow"),
    path("@<username:username>/unfollow/", bonds.unfollow, name="unfollow"),
    path("@<username:username>/mute/", bonds.mute, name="mute"),
    path("@<username:username>/unmute/", bonds.unmute, name="unmute"),
    path("@<username:username>/block/", bonds.block, name="block"),
    path("@<username:username>/unblock/", bonds.unblock, name="unblock"),
    path("@<username:username>/remove/", bonds.remove_follower, name="remove_follower"),
    path("@<username:username>/followers/", bonds.followers, name="followers"),
    path("@<username:username>/following/", bonds.following, name="following"),
    path("@<username:username>/report/", reports.person, name="report_person"),
    path("@<username:username>/card/", bonds.card, name="card"),
    path("@<username:username>/feed.atom", feeds.atom, name="feed_atom"),
    path("@<username:username>/feed.json", feeds.json, name="feed_json"),
    path("explore/", timelines.explore, name="explore"),
    path("mentions/", timelines.mentions, name="mentions"),
    path("tags/<str:name>/", timelines.tag, name="tag"),
    path("people/hidden/", bonds.hidden, name="hidden"),
    path("posts/<int:pk>/", posts.post, name="post"),
    path("posts/<int:pk>/history/", posts.history, name="history"),
    path("posts/<int:pk>/edit/", posts.edit, name="edit"),
    path("posts/<int:pk>/delete/", posts.delete, name="delete"),
    path("posts/<int:pk>/undo/", posts.undo, name="undo"),
    path("posts/<int:pk>/report/", reports.post, name="report_post"),
    path("posts/<int:pk>/translation/", posts.translation, name="translation"),
    path("search/", search.find, name="search"),
    path("messages/", messages.conversations, name="messages"),
    path("messages/received/", messages.received, name="received"),
    path("messages/sent/", messages.sent, name="sent"),
    path("messages/@<username:username>/", messages.conversation, name="conversation"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.mark_all_read, name="mark_all_read"),
    path("notifications/<int:pk>/", notifications.notification, name="notification"),
    path("sitemap.xml", sitemaps.index, SITEMAP | {"sitemap_url_name": SECTION}, name="sitemap"),
    path("sitemap-<str:section>.xml", sitemaps.sitemap, SITEMAP, name="sitemap_section"),
]
