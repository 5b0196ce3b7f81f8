"""Redis as a cache that no page needs."""

import logging
import time

from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisCacheClient
from django.utils.functional import cached_property
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 0.1  # seconds: a person waits
REST = 5.0  # seconds in which a server that did not answer is not asked again
COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
    counts[i] = redis.call('INCR', key)
    if counts[i] == 1 then redis.call('EXPIRE', key, ARGV[i]) end
end
return counts
"""


class _Client(RedisCacheClient):
    _rest_until = 0.0

    @cached_property
    def _only(self):
        return super().get_client(write=True)

    def get_client(self, key=None, *, write=False):
        """One, where Django makes one for each command, which takes longer than the command."""
        return self._only

    def _ask(self, command, *args, otherwise):
        if time.monotonic() < self._rest_until:
            return otherwise
        try:
            return command(*args)
        except RedisError as error:
            self._rest_until = time.monotonic() + REST
            logger.warning("The cache is away, so it counts as empty: %s", error)
            return otherwise

    def add(self, *args):
        return self._ask(super().add, *args, otherwise=False)

    def get(self, key, default):
        return self._ask(super().get, key, default, otherwise=default)

    def set(self, *args):
        return self._ask(super().set, *args, otherwise=None)

    def touch(self, *args):
        return self._ask(super().touch, *args, otherwise=False)

    def delete(self, *args):
        return self._ask(super().delete, *args, otherwise=False)

    def get_many(self, *args):
        return self._ask(super().get_many, *args, otherwise={})

    def has_key(self, *args):
        return self._ask(super().has_key, *args, otherwise=False)

    def incr(self, key, delta):
        count = self._ask(super().incr, key, delta, otherwise=None)
        if count is None:
            raise ValueError(f"Key {key!r} not found.")  # as Django says of an empty cache
        return count

    def count(self, seconds):
        return self._ask(self._count, seconds, otherwise=[0] * len(seconds))

    def _count(self, seconds):
        return self._counter(list(seconds), list(seconds.values()))

    @cached_property
    def _counter(self):
        return self._only.register_script(COUNT)

    def set_many(self, *args):
        return self._ask(super().set_many, *args, otherwise=None)

    def delete_many(self, *args):
        return self._ask(super().delete_many, *args, otherwise=None)

    def delete_all(self, pattern):
        return self._ask(self._delete_all, pattern, otherwise=False)

    def _delete_all(self, pattern):
        client = self.get_client(write=True)
        return bool(sum(client.delete(key) for key in client.scan_iter(pattern)))


class RedisCache(DjangoRedisCache):
    """Django's, but a server that is away or hangs is an empty cache: it costs a page `TIMEOUT`
    seconds at most, and then nothing for `REST` seconds."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = _Client
        self._options = {
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            **self._options,
        }

    def count(self, seconds: dict[str, int]) -> list[int]:
        """Count each of these keys, which is forgotten so many seconds after it was new, once more,
        all in one trip; 0 when nobody knows."""
        return self._cache.count({self.make_key(key): each for key, each in seconds.items()})

    def clear(self):
        """Only what is ours: Django would flush the database, with the messages to the workers."""
        return self._cache.delete_all(self.make_key("*", version="*"))
