"""What the site tells Prometheus: of its requests, and what the apps have to tell."""

import logging
import os
import time

from django.db import Error as DatabaseError
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

import tasks.metrics

from . import readiness

logger = logging.getLogger(__name__)

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
NONE, OTHER = "none", "other"  # what visitors make up must not make series
PATIENCE = 4.0  # seconds, of the ten that Prometheus has: a busy host is no missing one
SECONDS = 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10

disable_created_metrics()  # they are of no use to Prometheus here, and double the series
own = CollectorRegistry()  # of this process
requests = Counter(
    "http_requests", "Requests answered.", ["view", "method", "status"], registry=own
)
durations = Histogram(
    "http_request_duration_seconds",
    "How long they took, without what was sent bit by bit.",
    ["view", "method"],
    buckets=SECONDS,
    registry=own,
)


class CountMiddleware:
    """Count each request, and how long it took, by its view, method and status."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else NONE
        method = request.method if request.method in METHODS else OTHER
        requests.labels(view, method, response.status_code).inc()
        durations.labels(view, method).observe(time.perf_counter() - began)
        return response


class Scrape:
    """All metrics of one moment."""

    def collect(self):
        answers = readiness.ask(PATIENCE)
        ready = GaugeMetricFamily(
            "microblog_ready", "Whether a part is there, as /readyz/ says.", labels=["part"]
        )
        for part, answer in answers.items():
            ready.add_metric([part], not answer.problem)
        yield ready
        yield from self._requests()
        if not answers["database"].problem:
            yield from self._tasks()

    def _requests(self):
        """Of all processes of this web server, where they write them down; see gunicorn.conf.py."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            yield from own.collect()
            return
        words = {metric.name: metric.documentation for metric in own.collect()}
        for metric in MultiProcessCollector(registry=None).collect():
            if metric.name in words:  # else it is of the version that had the folder before
                metric.documentation = words[metric.name]
                yield metric

    def _tasks(self):
        try:
            return list(tasks.metrics.collect())
        except DatabaseError as error:
            logger.warning("The engine's metrics could not be read: %s", error)
            return []


def expose() -> bytes:
    """In the text format of Prometheus."""
    return generate_latest(Scrape())
