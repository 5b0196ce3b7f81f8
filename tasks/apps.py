from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Slow work")

    def ready(self):
        # Every process knows every job from the start: one that can't be imported stops the start
        # and names itself, where Django-Q2 would lose the worker in silence.
        autodiscover_modules("jobs")

        from .checks import check_settings

        register(check_settings, "settings")
