from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from .authentication import MISSING


class Scoped(BasePermission):
    """What a token permits. A view asks for the scope `read`, where it changes something for
    `write`, or for the one that it names as its `scope`, which may be None. Visitors get what a
    view says is `public`: methods."""

    def has_permission(self, request, view):
        if request.method not in view.allowed_methods or request.method == "OPTIONS":
            return True  # that is answered with 405
        if request.auth is None:
            method = "GET" if request.method == "HEAD" else request.method
            if method in getattr(view, "public", ()):
                return True
            raise NotAuthenticated(MISSING)
        scope = "read" if request.method in SAFE_METHODS else "write"
        scope = getattr(view, "scope", scope)
        if scope and not request.auth.permits(scope):
            words = _("This token lacks the scope “%(scope)s”.") % {"scope": scope}
            raise PermissionDenied(words)
        return True
