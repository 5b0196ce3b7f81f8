from functools import partial

from django_q.management.commands import qcluster

from tasks.supervisor import Supervisor


class Command(qcluster.Command):
    """Django-Q2's command, with its options, under our small parent process."""

    help = "Starts the workers, and the sweeper that looks after what they leave."

    def handle(self, *args, **options):
        start_cluster = partial(super().handle, *args, **options)
        Supervisor(start_cluster, run_once=options["run_once"]).run()
