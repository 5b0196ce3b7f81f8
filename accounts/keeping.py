"""What goes by itself of what people leave behind."""

from collections.abc import Iterator

from accounts.models import Session, Token
from tasks.keeping import delete


def tidy() -> Iterator[None]:
    """Delete the sessions that are over, like Django's `clearsessions`, and the tokens that have
    long been; yields after each step."""
    yield from delete(Session.objects.over())
    yield from delete(Token.objects.to_forget())
