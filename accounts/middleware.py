"""Pages in the reader's language, with times in the reader's zone."""

from django.utils import timezone, translation


class PreferencesMiddleware:
    """Who is signed in has chosen both; for visitors the browser says the language."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # A picture is the same for everybody: without the session it says so, and is kept longer.
        if request.path_info.endswith("/avatar/") or not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(request.user.zone):
            return self.get_response(request)
