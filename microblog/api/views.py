from django.views.decorators.csrf import csrf_exempt

from .errors import refuse


@csrf_exempt
def unknown(request):
    """Where there is nothing, programs are told so in their language, also in development."""
    return refuse(request, 404)
