from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BlogConfig(AppConfig):
    name = "blog"
    verbose_name = _("Posts")

    def ready(self):
        from . import receivers  # connects itself

        post_migrate.connect(receivers.prune_search, sender=self)
