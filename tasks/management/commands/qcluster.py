from functools import partial

from django.utils import translation
from django.utils.translation import gettext as _
from django_q.management.commands import qcluster

from tasks.supervisor import Supervisor


class Command(qcluster.Command):
    """Django-Q2's command, with its options, under our small parent process."""

    @property
    def help(self):
        return _("Starts the workers, and the sweeper that looks after what they leave.")

    def handle(self, *args, **options):
        translation.deactivate()  # jobs ask each reader's, and logs are in that of the source
        start_cluster = partial(super().handle, *args, **options)
        Supervisor(start_cluster, run_once=options["run_once"]).run()
