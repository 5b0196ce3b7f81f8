"""Whether Redis, or Valkey, is there, and takes what we push."""

import uuid

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from tasks.broker import Broker

from .findings import first_line, ok, warning, wrong

LEAST = 6, 2
NEARLY = 0.9
LONG = 10_000  # messages


def examine():
    try:
        yield from _ask(Broker())
    except AuthenticationError as error:
        yield _cannot_be_reached(error, _("Set the user and the password in REDIS_URL."))
    except RedisError as error:
        yield _cannot_be_reached(error, _("See that the server of REDIS_URL runs and lets us in."))


def _ask(broker):
    broker.connection.ping()
    try:
        info = broker.connection.info()
    except ResponseError:  # some that are rented forbid it
        yield warning(
            _("Redis answers, but does not say which it is."),
            _("Allow the user of REDIS_URL the command INFO, if that can be."),
        )
    else:
        yield look_at_version(info)
        yield from look_at_memory(info)
    yield look_at_writing(broker.connection)
    yield look_at_length(broker.queue_size())


def _cannot_be_reached(error, mend):
    return wrong(_("Redis can't be reached: %(error)s") % {"error": first_line(error)}, mend)


def look_at_version(info: dict):
    name = "Valkey" if "valkey_version" in info else "Redis"
    speaks = info["redis_version"]  # also Valkey says which Redis it is like
    about = {
        "name": name,
        "version": info.get("valkey_version", speaks),
        "least": ".".join(map(str, LEAST)),
    }
    if tuple(map(int, speaks.split(".")[:2])) < LEAST:
        words = _("%(name)s is %(version)s, and has to be %(least)s or newer.") % about
        return wrong(words, _("Upgrade it."))
    return ok(_("%(name)s %(version)s answers.") % about)


def look_at_memory(info: dict):
    most, used = info.get("maxmemory", 0), info.get("used_memory", 0)
    policy = info.get("maxmemory_policy", "noeviction")
    if most and policy != "noeviction":
        yield warning(
            _(
                "Redis forgets messages to the workers when its memory is full (maxmemory-policy"
                " %(policy)s): what they are about begins late."
            )
            % {"policy": policy},
            _("Set maxmemory-policy noeviction, or take out maxmemory."),
        )
    if most and used > NEARLY * most:
        yield warning(
            _("The memory of Redis is nearly full: %(used)d MB of %(most)d MB.")
            % {"used": used >> 20, "most": most >> 20},
            _("Raise its maxmemory."),
        )


def look_at_writing(connection):
    key = f"microblog:doctor:{uuid.uuid4()}"
    try:
        connection.set(key, 1, ex=60)
        connection.delete(key)
    except ReadOnlyError:
        why = _("it is a replica, which others write to")
        mend = _("Name the primary server in REDIS_URL.")
    except OutOfMemoryError:
        why, mend = _("its memory is full"), _("Raise its maxmemory.")
    except NoPermissionError:
        why = _("the user of REDIS_URL may not")
        mend = _("Allow that user all commands, or those of the categories read and write.")
    except RedisError as error:
        why, mend = first_line(error), _("The log of the server says more.")
    else:
        return ok(_("Redis takes what is written to it."))
    return wrong(_("Redis takes nothing: %(why)s.") % {"why": why}, mend)


def look_at_length(messages: int):
    words = ngettext(
        "%(count)d message waits for a worker.", "%(count)d messages wait for a worker.", messages
    ) % {"count": messages}
    if messages > LONG:
        return warning(words, _("Start more workers: QCLUSTER_WORKERS, or another machine."))
    return ok(words)
