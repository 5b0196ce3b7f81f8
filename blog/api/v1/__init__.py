"""People and posts, as the first version has them: the contract of the reference, in its words."""

from django.urls import path

from . import people, posts

urlpatterns = [
    path("users", people.People.as_view(), name="users"),
    path("users/<int:pk>", people.OnePerson.as_view(), name="user"),
    path("users/<int:pk>/followers", people.Followers.as_view(), name="followers"),
    path("users/<int:pk>/following", people.Following.as_view(), name="following"),
    path("posts", posts.Posts.as_view(), name="posts"),
    path("posts/all", posts.AllPosts.as_view(), name="all_posts"),
    path("posts/<int:pk>", posts.OnePost.as_view(), name="post"),
]
