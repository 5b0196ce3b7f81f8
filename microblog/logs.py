"""A log file that rotates although several processes write to it."""

import fcntl
import os
from logging.handlers import RotatingFileHandler


class SharedRotatingFileHandler(RotatingFileHandler):
    """As the standard one, which loses lines when web and workers share the file: here one process
    rotates it, and the others notice before they write their next line."""

    def emit(self, record):
        self._follow()
        super().emit(record)

    def doRollover(self):
        with open(f"{self.baseFilename}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._follow():  # else another one was faster
                super().doRollover()

    def _follow(self) -> bool:
        """Open the file anew if it is no longer the one that we have open; whether that was so."""
        try:
            there = os.stat(self.baseFilename)
            if self.stream and os.path.samestat(there, os.fstat(self.stream.fileno())):
                return False
        except FileNotFoundError:
            pass  # somebody has taken it away
        if self.stream:
            self.stream.close()
        self.stream = self._open()
        return True


class StrictFileHandler(SharedRotatingFileHandler):
    """For what is not to be lost: who logs is told when it could not be written."""

    def handleError(self, record):
        raise  # the exception that is being handled where this is called
