"""Where requests come from."""

import ipaddress

from django.conf import settings


def address(request) -> str:
    """Where the request comes from: an IPv4 address, or the /64 that one household has of IPv6;
    nothing if that can't be known."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_ADDRESS_HEADER:
        # What the visitor sent comes first, what our proxy saw comes last.
        told = request.headers.get(settings.PROXY_ADDRESS_HEADER, "").rpartition(",")[2].strip()
    try:
        found = ipaddress.ip_address(told)
    except ValueError:
        return ""
    if found.version == 6:
        found = found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False)
    return str(found)


class AddressMiddleware:
    """Note it on the request, as `request.address`, for apps that do not know of proxies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.address = address(request)
        return self.get_response(request)
