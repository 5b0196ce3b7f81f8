"""How often something may be done, where doing it often would hurt others.

Counted in the cache, in fixed windows of time. While the cache is away nothing is limited.
"""

import base64
import json
import time
import unicodedata
from hashlib import sha256
from math import ceil
from operator import attrgetter

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from .api import errors as api
from .errors import refuse


def name_and_address(request) -> str:
    """The name as it is looked up, however it was typed. Not the name alone: else anybody could
    lock anybody out."""
    is_program = request.path.startswith(api.ROOT)
    name = _name_of_program(request) if is_program else request.POST.get("username", "")
    return f"{unicodedata.normalize('NFKC', name).strip().casefold()} {request.address}"


def _name_of_program(request):
    """The name that a program signs in with: in JSON, or by HTTP Basic."""
    kind, given = (request.headers.get("Authorization", "") + " ").split(" ", 1)
    try:
        if kind.lower() == "basic":
            return base64.b64decode(given).decode().partition(":")[0]
        given = json.loads(request.body if request.content_type == "application/json" else "{}")
    except (ValueError, RecursionError):
        return ""
    name = given.get("username") if isinstance(given, dict) else None
    return name if isinstance(name, str) else ""


def person(request) -> str:
    """Who is signed in; of visitors the address."""
    return str(request.user.pk) if request.user.is_authenticated else request.address


address = attrgetter("address")  # noted by AddressMiddleware
# Who tries one password with many names stays below the count of each name.
SIGN_IN = [("POST", "sign_in", name_and_address), ("POST", "sign_in_address", address)]
# The name of a page: the methods that are counted, each with the limit (of settings.LIMITS) and for
# whom. Pages that share a limit share the count.
RULES = {
    "accounts:login": SIGN_IN,
    "admin:login": SIGN_IN,
    "api:v1:login": SIGN_IN,
    "api:v1:tokens": SIGN_IN,
    "api:v2:tokens": SIGN_IN,
    "accounts:password_change": [("POST", "sign_in", person)],  # they ask for the password too
    "accounts:delete": [("POST", "sign_in", person)],
    "accounts:register": [("POST", "register", address)],
    "accounts:password_reset": [("POST", "mail", address)],
    "accounts:email": [("POST", "mail", person)],
    "accounts:profile": [("POST", "profile", person)],  # a picture is work
    "blog:home": [("POST", "write", person)],
    "blog:post": [("POST", "write", person)],
    "blog:edit": [("POST", "write", person)],
    "blog:conversation": [("POST", "write", person)],
    "blog:report_post": [("POST", "report", person)],
    "blog:report_person": [("POST", "report", person)],
    "blog:search": [("GET", "search", person)],
    "blog:translation": [("GET", "translate", person)],
    "exports:file": [("GET", "download", person)],
    "exports:verify": [("POST", "verify", person)],
}


class LimitMiddleware:
    """Answer 429 to who does something too often, with a page that says when to come back and that
    gives back what was typed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        asked = "GET" if request.method == "HEAD" else request.method
        for method, limit, whose in RULES.get(request.resolver_match.view_name, ()):
            if method == asked and (wait := seconds_until_allowed(limit, whose(request))):
                detail = _("Too often. Please come back in %(wait)s seconds.") % {"wait": wait}
                page = refuse(request, 429, detail, {"minutes": ceil(wait / 60)})
                page["Retry-After"] = wait
                return page
        return None


def seconds_until_allowed(limit: str, who: str) -> int:
    """Count that it is done once more: 0, or in how many seconds it may be done again."""
    times, seconds = settings.LIMITS[limit]
    now = time.time()
    if not times or not who or count(f"{limit} {who}", now // seconds, seconds) <= times:
        return 0
    return ceil(seconds - now % seconds)


def count(what: str, window: float, seconds: int) -> int:
    """How many times it was done by now in this window of time; 0 when nobody knows."""
    key = sha256(f"{what} {window}".encode()).hexdigest()  # Redis learns nobody's name
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key)
    except ValueError:  # the cache is away
        return 0
