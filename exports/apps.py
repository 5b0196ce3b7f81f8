from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    name = "exports"
    verbose_name = _("Exports")

    def ready(self):
        from .checks import check_buckets, check_webhooks

        register(check_webhooks, Tags.security, deploy=True)
        register(check_buckets, Tags.security, deploy=True)
