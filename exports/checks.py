"""What `manage.py check --deploy` says of the settings of exports."""

from django.conf import settings
from django.core.checks import Warning


def check_webhooks(app_configs, **kwargs):
    if not settings.WEBHOOK_ALLOW_PRIVATE:
        return []
    message = "WEBHOOK_ALLOW_PRIVATE is on: who has an account reaches all that this machine does."
    hint = "Take it out, unless everybody in this network may do that anyway."
    return [Warning(message, hint=hint, id="exports.W001")]
