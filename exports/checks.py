"""What `manage.py check --deploy` says of the settings of exports, and of the buckets in which they
and people's pictures are kept."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Warning
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

ON_DISK = {  # what is, where the other one is in a bucket
    "ARCHIVES": gettext_lazy("Only pictures are in a bucket; exports are on this machine's disk."),
    "AVATARS": gettext_lazy("Only exports are in a bucket; pictures are on this machine's disk."),
}


def check_webhooks(app_configs, **kwargs):
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        return []
    message = _(
        "WEBHOOK_ALLOW_PRIVATE is on: who has an account reaches all that this machine does."
    )
    hint = _("Take it out, unless everybody in this network may do that anyway.")
    return [Warning(message, hint=hint, id="exports.W001")]


def check_buckets(app_configs, **kwargs):
    """Without asking them anything."""
    return list(_found())


def _found():
    kinds = {kind: settings.STORAGES[kind.lower()]["OPTIONS"] for kind in ON_DISK}
    used = {kind: options for kind, options in kinds.items() if "bucket_name" in options}
    for kind, options in used.items():
        yield from _check_address(kind, options["endpoint_url"] or "https:")
    if len(used) == 1:
        (here,) = kinds.keys() - used.keys()
        hint = _("Set %(here)s_S3_BUCKET, unless no other machine is to see them (%(file)s).")
        hint %= {"here": here, "file": "docs/reference/storage.md"}
        yield Warning(ON_DISK[here], hint=hint, id="exports.W002")


def _check_address(kind, address):
    if urlsplit(address).scheme == "http":
        message = _("%(kind)s_S3_ENDPOINT_URL is http: what goes there can be read on its way.")
        message %= {"kind": kind}
        hint = _("Give the store a certificate, and name it by https.")
        yield Warning(message, hint=hint, id="exports.W003")
