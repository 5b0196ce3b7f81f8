"""What somebody wrote whose session has ended waits in the next one until they have signed in."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.utils.translation import gettext as _

MAX_LENGTH = 2_000  # characters kept of each field
FIELDS = ("title", "body", "writer")


def keep(request):
    """Keep what was posted; the answer leads to the sign-in and back to the page of the form."""
    request.session["draft"] = {"path": request.path} | {
        name: request.POST[name][:MAX_LENGTH] for name in FIELDS if name in request.POST
    }
    messages.info(request, _("You were signed out. Sign in, and your text is there again."))
    return redirect_to_login(request.path)


def take(request) -> dict | None:
    """What was kept, for the form of the page: once, and only for who wrote it there."""
    draft = request.session.get("draft")
    if not draft or request.method != "GET" or not request.user.is_authenticated:
        return None
    if draft["path"] != request.path or draft.get("writer", "") != str(request.user.pk):
        return None
    return request.session.pop("draft")


def login_required(view):
    """As Django's, but what was posted is kept."""

    @wraps(view)
    def kept(request, *args, **kwargs):
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return keep(request)
        return redirect_to_login(request.get_full_path())

    return kept
