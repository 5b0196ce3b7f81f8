"""The word of a cluster that it lives, for those who can't see its processes: a row of `Cluster`.

It is written by the leader, whose own work is to wait, in a thread: a database that hangs holds up
nobody. Where it can't be written, the cluster works all the same.
"""

import logging
import os
import socket
import threading
import time
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import connections
from django.db.models.functions import Now
from django_q.conf import Conf

from .models import Cluster
from .pulse import Pulse

logger = logging.getLogger(__name__)

EVERY = 10  # seconds
TRY_AGAIN_AFTER = 2  # seconds


def start(cluster: Pulse, sweeps: Pulse):
    """Begin to write for the cluster of this process, which must fork no more from now on."""
    threading.Thread(target=_beat_on, args=[cluster, sweeps], daemon=True).start()


def _beat_on(cluster, sweeps):
    while not cluster.seen:
        time.sleep(0.1)
    while True:
        try:
            beat(cluster, sweeps)
            pause = EVERY
        except DatabaseError as error:
            logger.warning("The sign of life could not be written (%s); trying again.", error)
            connections.close_all()  # a database that was started anew wants new ones
            pause = TRY_AGAIN_AFTER
        time.sleep(pause)


def beat(cluster: Pulse, sweeps: Pulse):
    """Write when the cluster was last seen, and when its sweeper swept last."""
    signs = {"seen_at": Now() - timedelta(seconds=cluster.age)}
    if sweeps.seen:
        signs["swept_at"] = Now() - timedelta(seconds=sweeps.age)
    if not Cluster.objects.filter(pk=cluster.id).update(**signs):
        Cluster.objects.create(
            pk=cluster.id,
            host=socket.gethostname(),
            pid=os.getppid(),
            workers=Conf.WORKERS,
            started_at=Now(),
            **signs,
        )


def end(cluster: Pulse):
    """The cluster is no more: it is not to be taken for one that is lost."""
    Cluster.objects.filter(pk=cluster.id).delete()
