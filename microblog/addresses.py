"""Where requests come from."""

import ipaddress

from django.conf import settings


def address(request) -> str:
    """Where the request comes from: an IPv4 address, or the /64 that one household has of IPv6;
    nothing if that can't be known."""
    if settings.PROXY_ADDRESS_HEADER:
        found = _parse(_told_by_proxy(request))
    else:
        found = _parse(request.META.get("REMOTE_ADDR", ""))
    if found and found.version == 6:
        found = ipaddress.ip_network((found, 64), strict=False)
    return str(found or "")


def peer(request):
    """The very address that it comes from, or None, in order to let in who comes from there. Here
    one may come past our proxy, without its header; but not through one that we don't know."""
    if settings.PROXY_ADDRESS_HEADER in request.headers:
        return _parse(_told_by_proxy(request))
    if {"X-Forwarded-For", "Forwarded"} & set(request.headers):
        return None
    return _parse(request.META.get("REMOTE_ADDR", ""))


def _told_by_proxy(request):
    # What the visitor sent comes first, what our proxy saw comes last.
    return request.headers.get(settings.PROXY_ADDRESS_HEADER, "").rpartition(",")[2].strip()


def _parse(told):
    try:
        found = ipaddress.ip_address(told)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class AddressMiddleware:
    """Note it on the request, as `request.address`, for apps that do not know of proxies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.address = address(request)
        return self.get_response(request)
