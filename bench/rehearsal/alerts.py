"""What Prometheus has to say, watched all the time."""

import time
from contextlib import suppress
from threading import Event, Thread

import requests

LOOK_EVERY = 0.5  # seconds
# True or not by how busy the machine is, and by what the faults leave behind for some minutes
MAY = {
    "MicroblogTasksWait",
    "MicroblogTasksAbandoned",
    "MicroblogWorkersDie",
    "MicroblogAttemptsFail",
    "MicroblogPagesSlow",
    "MicroblogWebServerLost",
}


class Alerts:
    """As a context manager it watches. `spans`: of each alert, by (name, label), the [from, until]
    in which it fired; of one that fires still, until is None."""

    def __init__(self, prometheus):
        """`prometheus`: its URL."""
        self.url = f"{prometheus}/api/v1/alerts"
        self.spans = {}
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join(10)

    def fires(self, *alert) -> bool:
        return any(until is None for _, until in self.spans.get(alert, ()))

    def unexpected(self, allowed) -> list:
        """The alerts that fired and were not to: (name, label, from). `allowed`: by alert, the
        [from, until] of each time in which it may; until is None where it has no end."""
        return [
            (*alert, began)
            for alert, spans in self.spans.items()
            for began, _ in spans
            if alert[0] not in MAY
            and not any(
                start <= began and (end is None or began <= end)
                for start, end in allowed.get(alert, ())
            )
        ]

    def _watch(self):
        while not self._over.wait(LOOK_EVERY):
            with suppress(requests.RequestException):
                answer = requests.get(self.url, timeout=5).json()
                self._note(answer["data"]["alerts"], time.time())

    def _note(self, alerts, now):
        firing = {_named(alert["labels"]) for alert in alerts if alert["state"] == "firing"}
        for alert in firing:
            if not self.fires(*alert):
                self.spans.setdefault(alert, []).append([now, None])
        for alert, spans in self.spans.items():
            if alert not in firing and spans[-1][1] is None:
                spans[-1][1] = now


def _named(labels):
    """(name of the alert, the label that says of what it is, if any)."""
    what = (labels[name] for name in ("part", "host", "name", "instance") if labels.get(name))
    return labels["alertname"], next(what, "")
