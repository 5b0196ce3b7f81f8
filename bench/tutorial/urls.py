from django.urls import include, path

from . import views

urlpatterns = [
    path("tutorial/", views.home),
    path("tutorial/explore/", views.explore),
    path("tutorial/profile/<str:username>/", views.profile),
    path("tutorial/poll/", views.poll),
    path("", include("microblog.urls")),
]
