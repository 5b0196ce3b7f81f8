import hashlib
from functools import cache

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from .errors import refuse


@cache
def description(language: str) -> dict:
    """The API in OpenAPI 3.1, some words of it in a language. Made once: it takes a second."""
    return SchemaGenerator().get_schema(public=True)


@cache
def _document(language):
    """(the description as JSON, its ETag)."""
    document = OpenApiJsonRenderer().render(description(language), renderer_context={})
    return document, f'"{hashlib.sha256(document).hexdigest()[:32]}"'


@csrf_exempt
@require_safe
@condition(etag_func=lambda request: _document(get_language())[1])
def schema(request):
    document, _etag = _document(get_language())
    return HttpResponse(document, OpenApiJsonRenderer.media_type)


@csrf_exempt
def unknown(request):
    """Where there is nothing, programs are told so in their language, also in development."""
    return refuse(request, 404)
