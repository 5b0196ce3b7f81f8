"""The picture of a person, for everybody who may see their name."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import pictures
from accounts.models import User

YEAR = 365 * 24 * 3600  # seconds
AS_A_PICTURE = {  # whatever it may be: opened by itself nothing in it runs; others may show it
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@require_safe
def avatar(request, username):
    """Pages ask for one version (`User.avatar_url`), which can be kept; without it, the present."""
    person = get_object_or_404(User.objects.active().named(username))
    is_small = "small" in request.GET
    etag = f'"{person.avatar_version}{"-small" if is_small else ""}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = _whole(person, etag, is_small)
    else:
        response["ETag"] = etag
    for header, value in AS_A_PICTURE.items():
        response[header] = value
    if not response.has_header("ETag"):
        patch_cache_control(response, no_store=True)
    elif request.GET.get("v") == person.avatar_version:
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    else:
        patch_cache_control(response, public=True, no_cache=True)
    return response


def _whole(person, etag, is_small):
    """Without the ETag where one is drawn in place of their own, which may be back soon."""
    picture, content_type = person.read_avatar()
    is_drawn = content_type == pictures.DRAWN
    if is_small and not is_drawn:
        picture = pictures.make_small(picture)
    response = HttpResponse(picture, content_type=content_type)
    name = f"{person.username}.{'svg' if is_drawn else 'webp'}"
    response["Content-Disposition"] = content_disposition_header(False, name)
    if not (is_drawn and person.avatar):
        response["ETag"] = etag
    return response
