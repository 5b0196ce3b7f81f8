"""Where the apps meet: what every page polls."""

import hashlib
import json

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from blog.context_processors import Unread
from tasks.context_processors import OwnTasks


@require_safe
def alerts(request):
    """The alerts of the signed-in user: an HTML fragment, or JSON for who accepts only that.

    401 for visitors: htmx swaps nothing then, so a page whose session ended keeps its text.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    as_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    own_tasks = OwnTasks(request.user)
    unread = Unread(request.user)
    said = {
        "tasks": [task.to_dict() for task in own_tasks.to_show],
        "unread_messages": unread.messages,
        "unread_notifications": unread.notifications,
    }
    etag = f'"{_digest(said, get_language(), as_json)}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        fragment = "alerts.html", {"own_tasks": own_tasks, "unread": unread}
        response = JsonResponse(said) if as_json else render(request, *fragment)
        response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response


def _digest(*parts) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
