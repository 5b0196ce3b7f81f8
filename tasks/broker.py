"""Redis, for Django-Q2: only a doorbell. What it loses, the sweeper rings again."""

from functools import cache

from django.conf import settings
from django_q.brokers.redis_broker import Redis as RedisBroker
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def _client(url: str, timeout: float) -> Redis:
    """One for the whole process: to connect takes longer than to push. Threads share it, forks
    connect anew, and it replaces connections that the server has closed."""
    return Redis.from_url(
        url,
        socket_connect_timeout=timeout,
        socket_timeout=timeout,
        # redis-py would push again when only the answer was lost, and the message would double.
        retry=Retry(NoBackoff(), 0),
    )


class Broker(RedisBroker):
    """The cluster's own connection: a patient one, for its pusher waits in a BLPOP of 1 s."""

    timeout = 5.0  # seconds

    @classmethod
    def get_connection(cls, list_key=None):
        return _client(settings.REDIS_URL, cls.timeout)


class Doorbell(Broker):
    """For those who push: a person waits behind them, so they give up soon."""

    timeout = 0.4  # seconds


class UrgentDoorbell(Doorbell):
    """For what was begun already: it goes before all that waits."""

    def enqueue(self, task):
        return self.connection.lpush(self.list_key, task)
