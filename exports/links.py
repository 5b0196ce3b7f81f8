"""Links to the files of exports: each for a short time, for one person and for one published file.

What a link is about stands in its address; its key says when it was made, and seals both.
"""

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils.http import urlencode

SIGNER = {"salt": "exports.links", "sep": "."}


def make(export) -> str:
    """The address of the export's file, for `EXPORT_LINK_SECONDS` from now."""
    what = _what(export)
    key = TimestampSigner(**SIGNER).sign(what).removeprefix(f"{what}.")
    return f"{reverse('exports:file', args=[export.pk])}?{urlencode({'key': key})}"


def check(export, key: str):
    """Raises SignatureExpired when the time of the link with this key is over, and BadSignature
    when it is no such link, or one for another person or another file."""
    what = _what(export)
    signer = TimestampSigner(**SIGNER)
    if signer.unsign(f"{what}.{key}", max_age=settings.EXPORT_LINK_SECONDS) != what:
        raise BadSignature("The key was made for something else.")


def _what(export):
    return f"{export.pk} {export.owner_id} {export.file.name}"
