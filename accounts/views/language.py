"""In which language somebody reads."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.middleware import remember_language


@require_POST
def switch(request):
    """Take another language, and go on where one was. Who is signed in has it everywhere and in
    mails, visitors in this browser. What is no language of ours changes nothing."""
    response = HttpResponseRedirect(_where_from(request))
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        request.user.language = language
        request.user.save(update_fields=["language"])
    remember_language(response, language)
    return response


def _where_from(request):
    """The page that was left, if it is one of ours."""
    page = request.POST.get("next", "")
    ours = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(page, ours, require_https=request.is_secure())
    if is_ours and page.startswith("/"):
        return page
    return resolve_url(settings.LOGIN_REDIRECT_URL)
