"""Lines that say for which request and which task they were written; and a log file that rotates
although several processes write to it."""

import fcntl
import json
import logging
import os
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler

from tasks import origin


def _ids(record):
    """Of the request and of the task. What Django says of an answer, it says when that is over."""
    request_id = getattr(getattr(record, "request", None), "id", None)
    return {"request_id": request_id} if request_id else origin.ids()


class LineFormatter(logging.Formatter):
    """For people. The ids come at the end."""

    def __init__(self):
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record):
        line = super().formatMessage(record)
        ids = " ".join(f"{name}={value}" for name, value in _ids(record).items())
        return f"{line} [{ids}]" if ids else line


class JsonFormatter(logging.Formatter):
    """For programs: an object a line."""

    def format(self, record):
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **_ids(record),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = self.formatStack(record.stack_info)
        return json.dumps(said, ensure_ascii=False)


def tag(event, hint):
    """Let Sentry know them too; and of the request not the address, in which there are names, what
    was searched for, and the keys of links. The view is known, and the log has the rest."""
    event.setdefault("tags", {}).update(origin.ids())
    request = event.get("request", {})
    for name in ("url", "query_string"):
        request.pop(name, None)
    request.get("headers", {}).pop("Referer", None)
    return event


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
