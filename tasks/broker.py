"""Redis, for Django-Q2: only a doorbell. What it loses, the sweeper rings again."""

from django.conf import settings
from django_q.brokers.redis_broker import Redis as RedisBroker
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Broker(RedisBroker):
    """The cluster's own connection: a patient one, for its pusher waits in a BLPOP of 1 s."""

    timeout = 5.0  # seconds

    @classmethod
    def get_connection(cls, list_key=None):
        return Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=cls.timeout,
            socket_timeout=cls.timeout,
            # redis-py would push again when only the answer was lost, and the message would double.
            retry=Retry(NoBackoff(), 0),
        )


class Doorbell(Broker):
    """For those who push: a person waits behind them, so they give up soon."""

    timeout = 0.4  # seconds
