"""The variables of the environment and of the file ENV_FILE. What is wrong is refused, by a
sentence that names the variable and says what to set; it shows no value that may be a secret."""

import io
import ipaddress
import os
import re
import ssl
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis import ConnectionPool, RedisError

TRUE = {"1", "true", "yes", "on", "y", "t", "ok"}
FALSE = {"0", "false", "no", "off", "n", "f"}
LINE = r"(?:export )?[A-Za-z_0-9]+=.*|\s*(?:#.*)?"  # as django-environ knows it
ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
HOST = r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]"
ORIGIN = r"https?://[^/?#@\s]+"
LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
MAIL_ADDRESS = r"[^@\s,<>]+@[^@\s,<>]+"

env = environ.Env()
env.escape_proxy = True


def read(default: Path):
    """Read the file ENV_FILE, or `default` if it is there; the environment itself comes first. An
    empty variable is not set."""
    named = os.environ.get("ENV_FILE")
    if named != "":
        _read_file(Path(named or default), is_named=bool(named))
    # django-environ would take "$NAME" for the value of another variable, and a password is none.
    env.ENVIRON = {name: value.replace("$", r"\$") for name, value in os.environ.items() if value}


def _read_file(path, is_named):
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        if not is_named:
            return
        raise refusal("ENV_FILE", f"is {str(path)!r}, and there is no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not of UTF-8"
        raise ImproperlyConfigured(
            f"{path} can't be read ({why}). Mend it, or name another file in ENV_FILE."
        ) from None
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(LINE, line):
            raise ImproperlyConfigured(
                f"Line {number} of {path} is not like NAME=value, without a space before the =."
            )
    environ.Env.read_env(io.StringIO("\n".join(line for line in lines if "=" in line)))


def refusal(name: str, what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} {what}")


def text(name: str, default: str = "", *, like: str = ".*", mend: str = "", secret=False) -> str:
    """The variable `name`, all of which has to match `like`; if not, `mend` says what to set."""
    value = env.str(name, default=default)
    if name in env and not re.fullmatch(like, value):
        raise refusal(name, f"can't be used. {mend}" if secret else f"is {value!r}. {mend}")
    return value


def required(name: str, why: str, development: str) -> str:
    """The variable `name`; in DEBUG it may be missing, in production the start is refused."""
    value = env.str(name, default=development if flag("DEBUG", False) else "")
    if not value:
        raise refusal(name, f"is not set: {why} Set it, or DEBUG=1 for development.")
    return value


def flag(name: str, default: bool) -> bool:
    value = env.str(name, default=str(default)).strip().lower()
    if value not in TRUE | FALSE:
        raise refusal(name, f"is {value!r}, and neither 1 nor 0.")
    return value in TRUE


def whole(name: str, default: int, *, least: int, most: int) -> int:
    """The whole number of the variable `name`, which has to be one of these."""
    value = env.str(name, default=str(default)).strip()
    if not re.fullmatch(r"-?[0-9]{1,20}", value):
        raise refusal(name, f"is {value!r}, and no whole number between {least} and {most}.")
    return _within(name, int(value), least, most)


def seconds(name: str, default: float, *, least: float, most: float) -> float:
    """The number of seconds of the variable `name`, which may have a fraction."""
    value = env.str(name, default=str(default)).strip()
    if not re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", value):
        raise refusal(name, f"is {value!r}, and no number of seconds between {least} and {most}.")
    return _within(name, float(value), least, most)


def _within(name, value, least, most):
    if not least <= value <= most:
        raise refusal(name, f"is {value}, and not between {least} and {most}.")
    return value


def choice(name: str, *choices: str, default: str) -> str:
    value = env.str(name, default=default)
    if value not in {default, *choices}:
        known = " or ".join(filter(None, dict.fromkeys([*choices, default])))
        raise refusal(name, f"is {value!r}: set it to {known}, or not at all.")
    return value


def limit(name: str, times: int, seconds: int) -> tuple[int, int]:
    """(times, seconds): how often in how long. In the environment like 10/600; 0/1 is no limit."""
    value = env.str(name, default=f"{times}/{seconds}")
    if not re.fullmatch(r"[0-9]{1,9}/[1-9][0-9]{0,8}", value):
        raise refusal(name, f"is {value!r}, and not times/seconds, like 10/600.")
    times, seconds = map(int, value.split("/"))
    return times, seconds


def rate(name: str, default: str) -> str:
    """How often in which time, as Django REST Framework has it."""
    like = r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)"
    return text(name, default, like=like, mend="Set it to a rate like 300/min or 20/hour.")


def network(name: str, value: str):
    """The network that the variable `name` names by `value`."""
    try:
        return ipaddress.ip_network(value.strip())
    except ValueError:
        raise refusal(
            name, f"has {value!r}, which is no network like 10.0.0.0/8 and no address."
        ) from None


def several(name: str, like: str, example: str, value: str | None = None) -> list[str]:
    """What the variable `name`, or else `value`, has between its commas."""
    given = env.str(name, default="") if value is None else value
    found = [each.strip() for each in given.split(",") if each.strip()]
    for each in found:
        if not re.fullmatch(like, each):
            raise refusal(name, f"has {each!r}, which is not like {example}.")
    return found


def contacts(name: str) -> list[str]:
    """Ways to reach somebody, as URIs; a mail address may be bare."""
    like = rf"(https://|mailto:|tel:)[!-~]+|(?!\w+:){MAIL_ADDRESS}"
    found = several(name, like, "security@example.org or https://example.org/report")
    return [each if re.match("(https|mailto|tel):", each) else f"mailto:{each}" for each in found]


def origins(name: str) -> list[str]:
    found = several(name, ORIGIN, "https://example.org")
    for each in found:
        if not is_address(each):
            raise refusal(name, f"has {each!r}, which is not like https://example.org.")
    return found


def is_address(value: str) -> bool:
    """Whether it is that of a web server, like https://example.org:8000."""
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port
        return False


def address(name: str) -> str:
    """That of a server which we ask; it may have a path."""
    value = env.str(name, default="")
    if value and not is_address(value):
        raise refusal(name, "is not like https://example.org.")
    return value


def header(name: str) -> str:
    mend = "Set it to the name of a header, like X-Forwarded-For."
    return text(name, like=r"[A-Za-z0-9-]+", mend=mend)


def bucket(kind: str) -> dict | None:
    """What a storage has to know of the bucket that the variables of this kind name; None when they
    name none. The key is found by boto3, by AWS_ACCESS_KEY_ID or otherwise."""
    name = env.str(f"{kind}_S3_BUCKET", default="")
    if not name:
        if {f"{kind}_S3_ENDPOINT_URL", f"{kind}_S3_REGION"} & env.ENVIRON.keys():
            raise refusal(
                f"{kind}_S3_BUCKET", f"is not set: it names the bucket for {kind.lower()}."
            )
        return None
    endpoint = address(f"{kind}_S3_ENDPOINT_URL")
    region = text(
        f"{kind}_S3_REGION",
        "us-east-1" if endpoint else "",
        like="[a-z0-9-]+",
        mend="It is the name of a region, like eu-central-1.",
    )
    if not re.fullmatch(r"[A-Za-z0-9._-]{3,63}", name):
        raise refusal(
            f"{kind}_S3_BUCKET", f"is {name!r}, and no name of a bucket, like microblog-archives."
        )
    if endpoint and not re.fullmatch(r"https?://[^/?#@]+/?", endpoint):
        raise refusal(f"{kind}_S3_ENDPOINT_URL", "is not like https://s3.example.org.")
    if not region:
        raise refusal(
            f"{kind}_S3_REGION",
            f"is not set: it names the region of {kind}_S3_BUCKET, like eu-central-1. (A store that"
            f" is not Amazon's needs {kind}_S3_ENDPOINT_URL instead.)",
        )
    key = {
        name: env.str(name, default="") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
    if any(key.values()) and not all(key.values()):
        missing = next(name for name, value in key.items() if not value)
        raise refusal(missing, "is not set, and half a key opens nothing. Set both.")
    return {
        "bucket_name": name,
        "endpoint_url": endpoint or None,
        "region_name": region,
        "addressing_style": "path" if endpoint else "virtual",
    }


def mail_address(name: str, default: str) -> str:
    """With a name before it, or without."""
    like = rf"[^<>\n]*<{MAIL_ADDRESS}>|{MAIL_ADDRESS}"
    return text(name, default, like=like, mend="Set it like Microblog <noreply@example.org>.")


def folder(name: str, default: Path) -> Path:
    """It need not be there, but there has to be room for it."""
    path = Path(env.str(name, default=str(default)))
    try:
        nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
        is_possible = nearest.is_dir()
    except OSError:
        is_possible = False
    if not is_possible:
        raise refusal(name, f"is {str(path)!r}, and no folder can be there: name another one.")
    return path


def log_file(name: str) -> str:
    """The name of a file in a folder that is there, or nothing."""
    value = env.str(name, default="")
    path = Path(value)
    if value and not (path.parent.is_dir() and not path.is_dir()):
        raise refusal(name, f"is {value!r}: name a file in a folder that is there.")
    return value


def certificates(name: str) -> str:
    """The name of a file of certificates (PEM), or nothing."""
    value = env.str(name, default="")
    if not value:
        return ""
    if not Path(value).is_file():
        raise refusal(
            name, f"is {value!r}, and there is no such file. Name one of certificates (PEM)."
        )
    try:
        ssl.create_default_context(cafile=value)
    except OSError:
        raise refusal(name, f"is {value!r}: name a file of certificates (PEM).") from None
    return value


def database(name: str, default: str) -> dict:
    """That of an address, as Django has it."""
    value = env.str(name, default=default)
    schemes = [scheme for scheme, engine in environ.Env.DB_SCHEMES.items() if engine in ENGINES]
    mend = "postgres://user:password@host:5432/name or sqlite:////folder/name.sqlite3."
    try:
        if value.partition("://")[0] not in schemes or re.match("sqlite://[^/]", value):
            raise ValueError
        found = environ.Env.db_url_config(value)
        if found["NAME"] in {"", ":memory:"} and "service" not in found.get("OPTIONS", {}):
            raise ValueError
    except ValueError:
        raise refusal(name, f"is not like {mend}") from None
    return found


def redis(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        if parts.scheme in {"redis", "rediss"} and not re.fullmatch("/?[0-9]*", parts.path):
            raise ValueError
        ConnectionPool.from_url(value).make_connection()  # which asks nobody yet
    except (ValueError, TypeError, RedisError):
        raise refusal(
            name, "is not like redis://127.0.0.1:6379/0, rediss://... or unix:///path."
        ) from None
    return value


def mail(name: str, default: str) -> dict:
    """The settings of Django's that an address of a mail server stands for."""
    try:
        found = environ.Env.email_url_config(env.str(name, default=default))
        if "smtp" in found["EMAIL_BACKEND"] and not found["EMAIL_HOST"]:
            raise ValueError
    except (ValueError, ImproperlyConfigured):
        raise refusal(
            name,
            "is not like smtp+tls://user:password@mail.example.org:587 (or smtp://, smtp+ssl://).",
        ) from None
    return found


def dotted(name: str, default: str) -> str:
    """The name of something in a module that is there."""
    value = env.str(name, default=default)
    module, _, attribute = value.rpartition(".")
    try:
        found = attribute and find_spec(module)
    except (ImportError, ValueError):
        found = None
    if not found:
        raise refusal(
            name,
            f"is {value!r}, which is nowhere: name one like anymail.backends.mailgun.EmailBackend.",
        )
    return value
