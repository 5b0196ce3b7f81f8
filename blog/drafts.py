"""What somebody wrote whose session has ended waits in the next one until they have signed in."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.utils.translation import gettext as _

MAX_LENGTH = 2_000  # characters kept of each field
FIELDS = ("title", "body")


def keep(request):
    """Keep what was posted; the answer leads to the sign-in and back to the page of the form."""
    request.session["draft"] = {
        name: request.POST[name][:MAX_LENGTH] for name in FIELDS if name in request.POST
    }
    messages.info(request, _("You were signed out. Sign in, and your text is there again."))
    return redirect_to_login(request.path)


def take(request) -> dict | None:
    """What was kept, for the form of a page that is opened."""
    return request.session.pop("draft", None) if request.method == "GET" else None
