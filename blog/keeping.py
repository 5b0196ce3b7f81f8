"""What goes by itself of what was said: only what people have deleted, read, or decided."""

from collections.abc import Iterator

from tasks.keeping import delete

from .models import Case, Deletion, Notification, Post


def tidy() -> Iterator[None]:
    """Delete what was deleted and is still there, and what is over for long: notifications that
    were read, notes of deletions, decided reports; yields after each step."""
    yield from delete(Post.with_deleted.to_purge())
    yield from delete(Deletion.objects.to_forget())
    yield from delete(Notification.objects.to_forget())
    yield from delete(Case.objects.to_forget())
