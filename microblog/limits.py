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
from django.utils.translation import ngettext
from rest_framework.authentication import get_authorization_header

from accounts import known

from .errors import refuse


def _in_form(request):
    return request.POST.get("username", "")


def _in_json(request):
    try:
        given = json.loads(request.body)
    except (ValueError, RecursionError):
        return ""
    name = given.get("username") if isinstance(given, dict) else None
    return name if isinstance(name, str) else ""


def _in_basic(request):
    """As Django REST Framework reads it (RFC 7617)."""
    try:
        kind, given = get_authorization_header(request).split()
        given = base64.b64decode(given)
    except ValueError:
        return ""
    try:
        return given.decode().partition(":")[0]
    except UnicodeDecodeError:
        return given.decode("latin-1").partition(":")[0]


def _mail_address(request):
    return request.POST.get("email", "").strip().casefold()


def person(request) -> str:
    """Who is signed in; of visitors the address."""
    return str(request.user.pk) if request.user.is_authenticated else request.address


address = attrgetter("address")  # noted by AddressMiddleware


def sign_in(name_in) -> list:
    """The rules where somebody signs in. `name_in` reads the name where the page reads it: else it
    would be another one that counts."""

    def name(request):
        """As it is looked up, however it was typed."""
        return unicodedata.normalize("NFKC", name_in(request)).strip().casefold()

    def name_and_address(request):
        return f"{name(request)} {request.address}"

    def name_and_browser(request):
        """Browsers that are known by the name count each for itself, all else together: else
        anybody could lock anybody out."""
        return f"{name(request)} {known.browser_of(request, name(request))}"

    return [
        ("POST", "sign_in", name_and_address),
        # Who tries one password with many names stays below the count of each name;
        ("POST", "sign_in_address", address),
        # and who has many addresses, of each address. What is refused above is not counted here.
        ("POST", "sign_in_name", name_and_browser),
    ]


# The name of a page: the methods that are counted, each with the limit (of settings.LIMITS) and for
# whom. Pages that share a limit share the count.
RULES = {
    "accounts:login": sign_in(_in_form),
    "admin:login": sign_in(_in_form),
    "api:v1:login": sign_in(_in_json),
    "api:v1:tokens": sign_in(_in_basic),
    "api:v2:tokens": sign_in(_in_json),
    "accounts:password_change": [("POST", "sign_in", person)],  # they ask for the password too
    "admin:password_change": [("POST", "sign_in", person)],
    "accounts:delete": [("POST", "sign_in", person)],
    "accounts:tokens": [("POST", "sign_in", person)],
    "accounts:register": [("POST", "register", address)],
    "api:v1:users": [("POST", "register", address)],
    "accounts:password_reset": [("POST", "mail", address), ("POST", "reset", _mail_address)],
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
    "exports:list": [("POST", "export", person)],
    "exports:retry": [("POST", "export", person)],
    "exports:file": [("GET", "download", person)],
    "exports:verify": [("POST", "verify", person)],
    "exports:webhook_ping": [("POST", "webhook", person)],
    "exports:redeliver": [("POST", "webhook", person)],
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
                detail = ngettext(
                    "Too often. Please come back in %(wait)s second.",
                    "Too often. Please come back in %(wait)s seconds.",
                    wait,
                )
                detail %= {"wait": wait}
                page = refuse(request, 429, detail, {"minutes": ceil(wait / 60), "rule": limit})
                page["Retry-After"] = wait
                return page
        return None


def seconds_until_allowed(limit: str, who: str) -> int:
    """Count that it is done once more: 0, or in how many seconds it may be done again."""
    times, seconds = settings.LIMITS[limit]
    return wait_for({f"{limit} {who}": (times, seconds)}) if times and who else 0


def wait_for(bounds: dict[str, tuple[int, int]]) -> int:
    """Count that each of these is done once more, which may be so many times in so many seconds: 0,
    or in how many seconds all may be done again."""
    now = time.time()
    keys = {_key(what, now // seconds): seconds for what, (_, seconds) in bounds.items()}
    counts = cache.count(keys)
    waits = [
        ceil(seconds - now % seconds)
        for (times, seconds), count in zip(bounds.values(), counts, strict=True)
        if count > times
    ]
    return max(waits, default=0)


def _key(what: str, window: float) -> str:
    # Redis learns nobody's name. One of JSON may have half a character, which is refused later.
    return sha256(f"{what} {window}".encode(errors="surrogatepass")).hexdigest()
