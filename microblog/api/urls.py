"""Addresses without a slash at the end; `ApiMiddleware` takes one away that was typed."""

from django.urls import include, path, re_path

from .docs import docs
from .views import schema, unknown

v1 = [
    path("", include("accounts.api.v1")),
    path("", include("blog.api.v1")),
]
v2 = [
    path("", include("accounts.api.v2")),
    path("", include("tasks.api.v2")),
    path("", include("exports.api.v2")),
    path("", include("blog.api.v2")),
]

app_name = "api"
urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("v2/", include((v2, "v2"))),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
    re_path("", unknown),  # all else, also with line ends in it
]
