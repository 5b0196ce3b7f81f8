"""The addresses of a development site, and those at which its error pages can be looked at."""

from .urls_in_debug import urlpatterns as in_debug
from .urls_of_mishaps import handler400, handler403, handler404, handler500
from .urls_of_mishaps import urlpatterns as with_mishaps

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*in_debug, *(each for each in with_mishaps if each not in in_debug)]
