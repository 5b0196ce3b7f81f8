"""Where the apps meet: what every page polls, and what the site says of itself."""

import hashlib
import json
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.middleware import shows_nobody

from .waiting import Waiting

HOUR = 3600  # seconds: for as long anybody may keep what is the same for everybody
SECURITY_HOLDS = timedelta(days=180)  # RFC 9116 recommends less than a year


@shows_nobody
@require_safe
def alerts(request):
    """The alerts of the signed-in user: an HTML fragment, or JSON for who accepts only that.

    401 for visitors: htmx swaps nothing then, so a page whose session ended keeps its text.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    as_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    waiting = Waiting(request.user)
    said = {
        "tasks": [task.to_dict() for task in waiting.tasks],
        "unread_messages": waiting.messages,
        "unread_notifications": waiting.notifications,
    }
    etag = f'"{_digest(said, get_language(), as_json)}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        fragment = "alerts.html", {"waiting": waiting}
        response = JsonResponse(said) if as_json else render(request, *fragment)
        response["ETag"] = etag
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response


@require_safe
@cache_control(public=True, max_age=HOUR)
def robots(request):
    """What is not for programs that read (RFC 9309)."""
    sitemap = settings.SITE_URL + reverse("blog:sitemap")
    return render(request, "robots.txt", {"sitemap": sitemap}, content_type="text/plain")


@require_safe
@cache_control(public=True, max_age=HOUR)
def security(request):
    """Where to report a weakness (RFC 9116), if somebody wants to hear of one."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (timezone.now() + SECURITY_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}" for contact in settings.SECURITY_CONTACT]
    lines += [
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {settings.SECURITY_LANGUAGES}",
        f"Canonical: {settings.SITE_URL}{reverse('security')}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@require_safe
def change_password(request):
    """Where password managers lead (W3C: A Well-Known URL for Changing Passwords)."""
    return redirect("accounts:password_change")


@require_safe
@cache_control(public=True, max_age=HOUR)
def manifest(request):
    """How the site calls itself (W3C Web Application Manifest)."""
    icons = [{"src": static("icon.svg"), "type": "image/svg+xml", "sizes": "any"}]
    icons += [
        {"src": static(f"icon-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}"}
        for size in (192, 512)
    ]
    said = {
        "name": "Microblog",
        "start_url": "/",
        "display": "standalone",
        "background_color": "#fbfaf7",
        "theme_color": "#1c6b59",
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json")


def _digest(*parts) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
