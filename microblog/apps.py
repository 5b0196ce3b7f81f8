from django.apps import AppConfig


class MicroblogConfig(AppConfig):
    """Installed so that its module `jobs` is found, like that of the others."""

    name = "microblog"
