from django.apps import AppConfig
from django.core.checks import register


class MicroblogConfig(AppConfig):
    """Installed so that its module `jobs` is found, like that of the others."""

    name = "microblog"

    def ready(self):
        from .checks import check_mail

        register(check_mail, "settings")
