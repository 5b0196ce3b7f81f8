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
    """What a view names as its `throttle_scope`, for each person or address."""
