"""gunicorn reads this by itself where it is started in this folder.

Each of its processes answers some of the requests, and any of them is asked for the metrics of all.
So they count into files of a folder (the multiprocess mode of prometheus_client), which lasts as
long as the server: what was counted by a process that ended still counts.
"""

import os
import shutil
import tempfile

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(server):
    server.counts = None
    if not os.environ.get(FOLDER):
        server.counts = os.environ[FOLDER] = tempfile.mkdtemp(prefix="microblog-metrics-")


def on_exit(server):
    is_replaced = server.reexec_pid  # by a newer one, which goes on with the folder
    if server.counts and not is_replaced:
        shutil.rmtree(server.counts, ignore_errors=True)
