"""What `manage.py check --deploy` says of the settings of exports, and of the buckets in which they
and people's pictures are kept."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Warning

KINDS = {"ARCHIVES": "exports", "AVATARS": "pictures"}


def check_webhooks(app_configs, **kwargs):
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        return []
    message = "WEBHOOK_ALLOW_PRIVATE is on: who has an account reaches all that this machine does."
    hint = "Take it out, unless everybody in this network may do that anyway."
    return [Warning(message, hint=hint, id="exports.W001")]


def check_buckets(app_configs, **kwargs):
    """Without asking them anything."""
    return list(_found())


def _found():
    kinds = {kind: settings.STORAGES[kind.lower()]["OPTIONS"] for kind in KINDS}
    used = {kind: options for kind, options in kinds.items() if "bucket_name" in options}
    for kind, options in used.items():
        yield from _check_address(kind, options["endpoint_url"] or "https:")
    if len(used) == 1:
        (there,), (here,) = used, kinds.keys() - used.keys()
        message = f"Only {KINDS[there]} are in a bucket; {KINDS[here]} are on this machine's disk."
        hint = (
            f"Set {here}_S3_BUCKET, unless no other machine is to see them"
            " (docs/reference/storage.md)."
        )
        yield Warning(message, hint=hint, id="exports.W002")


def _check_address(kind, address):
    if urlsplit(address).scheme == "http":
        message = f"{kind}_S3_ENDPOINT_URL is http: what goes there can be read on its way."
        hint = "Give the store a certificate, and name it by https."
        yield Warning(message, hint=hint, id="exports.W003")
