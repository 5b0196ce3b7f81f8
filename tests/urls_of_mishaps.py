"""The site's addresses, and some at which things go wrong."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.shortcuts import render
from django.urls import path

from microblog.urls import handler400, handler403, handler404, handler500
from microblog.urls import urlpatterns as as_they_are

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def raise_(error):
    raise error


def show(request, page):
    """An error page with all that its view would tell it."""
    return render(request, f"{page}.html", {"limit": 1 << 20, "minutes": 2})


urlpatterns = [
    path("api/v1/mishap", lambda request: raise_(OperationalError("secret reason"))),
    path("api/v2/mishap", lambda request: raise_(OperationalError("secret reason"))),
    *as_they_are,
    path("mishap/400/", lambda request: raise_(SuspiciousOperation("strange"))),
    path("mishap/403/", lambda request: raise_(PermissionDenied("secret reason"))),
    path("mishap/500/", lambda request: raise_(RuntimeError("secret reason"))),
    path("mishap/503/", lambda request: raise_(OperationalError("secret reason"))),
    path("mishap/show/<str:page>/", show),
]
