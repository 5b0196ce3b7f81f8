"""How often programs may ask. While the cache is away nothing is limited."""

from rest_framework import throttling


class _ByOurAddress:
    def get_ident(self, request):
        return request.address


class ForVisitors(_ByOurAddress, throttling.AnonRateThrottle):
    """All that comes from an address without a token."""


class ForPeople(_ByOurAddress, throttling.UserRateThrottle):
    """All that comes with tokens of a person."""


class OfView(_ByOurAddress, throttling.ScopedRateThrottle):
    """What a view names as its `throttle_scope`, for each person or address: a name, or names by
    method."""

    def allow_request(self, request, view):
        self.scope = getattr(view, self.scope_attr, None)
        if isinstance(self.scope, dict):
            self.scope = self.scope.get(request.method)
        if not self.scope:
            return True
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return throttling.SimpleRateThrottle.allow_request(self, request, view)
