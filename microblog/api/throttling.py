"""How often programs may ask. While the cache is away nothing is limited."""

from functools import cache

from rest_framework.exceptions import Throttled
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from microblog import limits

from . import errors

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


class Throttle(BaseThrottle):
    """Counts, in one trip to the cache, all that comes with tokens of a person, or without one from
    an address; and what a view names as its `throttle_scope`: a name, or names by method."""

    def allow_request(self, request, view):
        request.is_counted = True
        who = limits.person(request)
        everybody = "user" if request.user.is_authenticated else "anon"
        scopes = [everybody, _scope_of(request, view)]
        rates = api_settings.DEFAULT_THROTTLE_RATES
        bounds = {f"api {name} {who}": _parsed(rates[name]) for name in scopes if name and who}
        self.seconds = limits.wait_for(bounds) if bounds else 0
        return not self.seconds

    def wait(self):
        return self.seconds


def handle(error, context):
    """The answer to an exception of a view, for REST_FRAMEWORK["EXCEPTION_HANDLER"]. Who shows no
    good token is refused before anything is counted, so it is done here."""
    request = context["request"]
    is_refused = getattr(error, "status_code", None) == 401
    if is_refused and not getattr(request, "is_counted", False):
        throttle = Throttle()
        if not throttle.allow_request(request, view=None):
            error = Throttled(throttle.wait())
    return errors.handle(error, context)


def _scope_of(request, view):
    scope = getattr(view, "throttle_scope", None)
    return scope.get(request.method) if isinstance(scope, dict) else scope


@cache
def _parsed(rate: str) -> tuple[int, int]:
    """(times, seconds) of a rate like 300/min."""
    times, _, period = rate.partition("/")
    return int(times), SECONDS[period[0]]
