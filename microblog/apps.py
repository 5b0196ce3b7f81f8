from django.apps import AppConfig
from django.core.checks import Tags, register


class MicroblogConfig(AppConfig):
    """Installed so that its module `jobs` is found, like that of the others; and its checks."""

    name = "microblog"

    def ready(self):
        from .checks import check_buckets

        register(check_buckets, Tags.security, deploy=True)
