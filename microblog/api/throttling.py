"""How often programs may ask. While the cache is away nothing is limited."""

from functools import cache

from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from microblog import limits

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


class Throttle(BaseThrottle):
    """Counts, in one trip to the cache, all that comes with tokens of a person, or without one from
    an address; and what a view names as its `throttle_scope`: a name, or names by method."""

    def allow_request(self, request, view):
        who = limits.person(request)
        everybody = "user" if request.user.is_authenticated else "anon"
        scopes = [everybody, _scope_of(request, view)]
        rates = api_settings.DEFAULT_THROTTLE_RATES
        bounds = {f"api {name} {who}": _parsed(rates[name]) for name in scopes if name and who}
        self.seconds = limits.wait_for(bounds) if bounds else 0
        return not self.seconds

    def wait(self):
        return self.seconds


def _scope_of(request, view):
    scope = getattr(view, "throttle_scope", None)
    return scope.get(request.method) if isinstance(scope, dict) else scope


@cache
def _parsed(rate: str) -> tuple[int, int]:
    """(times, seconds) of a rate like 300/min."""
    times, _, period = rate.partition("/")
    return int(times), SECONDS[period[0]]
