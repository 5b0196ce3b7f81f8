from functools import partial

from django_q.management.commands import qcluster

from tasks.supervisor import Supervisor


class Command(qcluster.Command):
    """Django-Q2's command, with its options, under our small parent process."""

    help = "Starts the workers, and the sweeper that looks after what they leave."

    def handle(self, *args, **options):
        Supervisor(partial(super().handle, *args, **options)).run()
