"""People, posts and all that is said, as the second version has it."""

from django.urls import include, path

from . import me, messages, notifications, people, posts, reports, search, timelines

of_a_person = [
    path("followers", people.Followers.as_view(), name="followers"),
    path("following", people.Following.as_view(), name="following"),
    path("posts", timelines.PostsOf.as_view(), name="user_posts"),
    path("follow", people.Follow.as_view(), name="follow"),
    path("mute", people.Mute.as_view(), name="mute"),
    path("block", people.Block.as_view(), name="block"),
    path("report", reports.OfPerson.as_view(), name="report_user"),
]
of_a_post = [
    path("restore", posts.Restore.as_view(), name="restore"),
    path("replies", timelines.Replies.as_view(), name="replies"),
    path("history", posts.History.as_view(), name="history"),
    path("report", reports.OfPost.as_view(), name="report_post"),
]
urlpatterns = [
    path("me", me.Me.as_view(), name="me"),
    path("me/followers/<username:username>", me.OwnFollower.as_view(), name="own_follower"),
    path("me/muted", me.Muted.as_view(), name="muted"),
    path("me/blocked", me.Blocked.as_view(), name="blocked"),
    path("me/received", messages.Received.as_view(), name="received"),
    path("me/received/read", messages.ReadReceived.as_view(), name="read_received"),
    path("users", people.People.as_view(), name="users"),
    path("users/<username:username>", people.OnePerson.as_view(), name="user"),
    path("users/<username:username>/", include(of_a_person)),
    path("timelines/home", timelines.Home.as_view(), name="home"),
    path("timelines/explore", timelines.Explore.as_view(), name="explore"),
    path("timelines/mentions", timelines.Mentions.as_view(), name="mentions"),
    path("timelines/tags/<str:name>", timelines.Tagged.as_view(), name="tag"),
    path("posts", posts.Posts.as_view(), name="posts"),
    path("posts/<int:pk>", posts.OnePost.as_view(), name="post"),
    path("posts/<int:pk>/", include(of_a_post)),
    path("search", search.Search.as_view(), name="search"),
    path("messages", messages.Conversations.as_view(), name="messages"),
    path("messages/<username:username>", messages.Conversation.as_view(), name="conversation"),
    path("messages/<username:username>/read", messages.Read.as_view(), name="read_messages"),
    path("notifications", notifications.Notifications.as_view(), name="notifications"),
    path("notifications/read", notifications.Read.as_view(), name="read_notifications"),
    path("notifications/<int:pk>", notifications.OneNotification.as_view(), name="notification"),
]
