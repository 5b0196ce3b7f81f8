"""Calling the web servers that people name: only such as are out in the world, each at the address
that was checked, signed, and for a short time.

People choose the URL, so it may well lead to what only we can reach (server-side request forgery,
https://cwe.mitre.org/data/definitions/918.html). What a name resolves to is asked once, all of it
has to be public, and that very address is connected to; the certificate has to be the name's.
The standard library's client follows no redirects, asks no proxy, keeps no cookies.
"""

import hashlib
import hmac
import http.client
import ipaddress
import re
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

URL_MAX = 500  # characters, also with its host name in ASCII
CONNECT_SECONDS = 5
SECONDS = 10  # for all of a call, but what the name takes to be resolved
ANSWER_MAX = 8 << 10  # bytes; of what is said after its headers nothing is read
AMBIGUOUS = re.compile(r"[\s\\\x00-\x20\x7f-\x9f]")  # what programs take away, or read as a slash
NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
# What has an IPv4 address in its last bits (RFC 6052) or after its first ones (RFC 3056).
NAT64, SIX_TO_FOUR = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16")
IPV6 = ipaddress.ip_network("2000::/3")  # all that is routed so far
# What does not lead to one place in the world, although (this version of) Python calls it global.
NEARBY = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # for protocols (RFC 6890); in it, what tells secrets in Oracle's cloud
        "168.63.129.16",  # the host below a machine in Microsoft's cloud
        "192.88.99.0/24",  # once led to any 6to4 relay (RFC 7526)
    )
]

INTERRUPTED = "interrupted"
NO_ADDRESS = "no_address"
NOT_PUBLIC = "not_public"
NO_CONNECTION = "no_connection"
NO_TLS = "no_tls"
TOO_SLOW = "too_slow"
NO_HTTP = "no_http"
STATUS = "status"
GONE = "gone"  # 410
WORDS = {
    INTERRUPTED: _("The call was interrupted on our side, so nobody knows whether it arrived."),
    NO_ADDRESS: _("Its host name is not known."),
    NOT_PUBLIC: _("Its host name leads to an address that is not public, so it was not called."),
    NO_CONNECTION: _("It could not be reached."),
    NO_TLS: _("Its certificate is not valid for its name, or it does not speak HTTPS."),
    TOO_SLOW: _("It took too long to answer."),
    NO_HTTP: _("What it answered is no HTTP, or too much."),
    STATUS: _("It answered with a status that says it did not take it."),
    GONE: _("It answered that it is gone for good (410), so it is not called any more."),
}


@dataclass(frozen=True)
class Address:
    """Where to call: what is left of a URL that people may name."""

    host: str  # a name in ASCII, or an IP address
    port: int
    target: str  # path and query

    @classmethod
    def of(cls, url: str) -> "Address":
        """Raises ValidationError with what is wrong with it."""
        _ensure_short(url)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValidationError(_("This is no URL.")) from None
        if not url.lower().startswith("https://") or not parts.hostname:
            raise ValidationError(_("It has to begin with https:// and a host name."))
        if "@" in parts.netloc:
            raise ValidationError(_("It can't have a user name or password in it."))
        if "#" in url:
            raise ValidationError(_("It can't have a part after a #."))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if AMBIGUOUS.search(url) or not target.isascii():
            raise ValidationError(
                _("After the host name, all but ASCII has to be percent-encoded, and spaces too.")
            )
        if port is not None and port != 443 and port < 1024:
            raise ValidationError(_("The port has to be 443, or one from 1024 on."))
        address = cls(_host(parts.hostname), port or 443, target)
        _ensure_short(str(address))  # which is kept, and read here again when it is called
        return address

    def __str__(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == 443 else f":{self.port}"
        return f"https://{host}{port}{self.target}"


def _ensure_short(url):
    if len(url) > URL_MAX:
        raise ValidationError(_("At most %(most)s characters, please.") % {"most": URL_MAX})


def _host(host):
    """The host of a URL in its one form. Raises ValidationError."""
    try:
        if "%" in host:  # a zone means something on our side only (RFC 4007)
            raise ValueError
        if ":" in host:
            host = str(ipaddress.IPv6Address(host))
        else:
            host = idna.encode(host, uts46=True).decode().removesuffix(".")
            if NUMBER.fullmatch(host.rpartition(".")[2]):
                host = str(ipaddress.IPv4Address(host))  # no octal ones, no shortened ones
    except ValueError:  # IDNAError is one
        raise ValidationError(_("This is no host name, and no IP address.")) from None
    if not settings.WEBHOOK_ALLOW_PRIVATE and not _may_be_public(host):
        raise ValidationError(_("It has to be out in the public Internet."))
    return host


def _may_be_public(host) -> bool:
    """As far as one can know without asking for what it resolves to."""
    try:
        return is_public(host)
    except ValueError:
        return "." in host and not host.endswith(".localhost")


def is_public(address: str) -> bool:
    """Whether this IP address is one in the public Internet, for one recipient. Raises ValueError
    when it is no IP address."""
    found = ipaddress.ip_address(address)
    if found.version == 4:
        is_nearby = any(found in network for network in NEARBY)
        return found.is_global and not found.is_multicast and not is_nearby
    if inner := _ipv4_in(found):
        return is_public(str(inner))
    return found.is_global and found in IPV6


def _ipv4_in(address):
    """The IPv4 address that the IPv6 address leads to by way of a translator or tunnel, or None."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in SIX_TO_FOUR else None


@dataclass(frozen=True)
class Answer:
    """What came of a call: the status that it was answered with, or None and why not."""

    status: int | None
    error: str  # one of WORDS; "" where it was taken
    duration_ms: int


class _Failed(Exception):
    """No answer. Its one argument is the reason. URLs can be secrets: no error that has one in its
    words is to be kept or logged."""


def call(url: str, body: bytes, secret: str) -> Answer:
    """POST the JSON in `body`, signed with `secret`."""
    begun = time.monotonic()
    status, error = None, ""
    try:
        status = _post(Address.of(url), body, sign(secret, body, int(time.time())))
        error = "" if 200 <= status < 300 else GONE if status == 410 else STATUS
    except _Failed as failed:
        (error,) = failed.args
    except ValidationError:  # what was allowed once, by another setting
        error = NOT_PUBLIC
    return Answer(status, error, round((time.monotonic() - begun) * 1000))


def sign(secret: str, body: bytes, moment: int) -> str:
    """What the header Microblog-Signature says (docs/reference/webhooks.md)."""
    signed = f"{moment}.".encode() + body
    return f"t={moment},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of the host, all of them public ones."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _Failed(NO_ADDRESS) from None
    addresses = list(dict.fromkeys(info[4][0] for info in found))
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(map(is_public, addresses)):
        raise _Failed(NOT_PUBLIC)
    return addresses


def _post(address, body, signature) -> int:
    ips = resolve(address.host, address.port)
    connection = _Connection(address, ips, time.monotonic() + SECONDS)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Microblog-Webhook/1",
        "Microblog-Signature": signature,
        "Connection": "close",
    }
    try:
        connection.request("POST", address.target, body, headers)
        return connection.getresponse().status
    except TimeoutError:
        raise _Failed(TOO_SLOW) from None
    except ssl.SSLError:
        raise _Failed(NO_TLS) from None
    except (http.client.HTTPException, _TooMuch):
        raise _Failed(NO_HTTP) from None
    except OSError:
        raise _Failed(NO_CONNECTION) from None
    finally:
        connection.close()


class _Connection(http.client.HTTPSConnection):
    """To the first of these IP addresses that takes it, whatever the name resolves to by now."""

    def __init__(self, address, ips, deadline):
        super().__init__(address.host, address.port, context=_context())
        self.ips = ips
        self.deadline = deadline

    def connect(self):
        sock = self._reach()
        try:
            sock.settimeout(_left(self.deadline))  # for all of the handshake
            self.sock = self._context.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise
        self.sock.deadline = self.deadline

    def _reach(self):
        for number, ip in enumerate(self.ips, 1):
            patience = min(CONNECT_SECONDS, _left(self.deadline))
            try:
                return socket.create_connection((ip, self.port), patience)
            except OSError:
                if number == len(self.ips):
                    raise


class _TooMuch(Exception):
    pass


class _Hurried(ssl.SSLSocket):
    """One that is read from until a moment, however slowly it drips, and no more than so much."""

    deadline = 0.0
    room = ANSWER_MAX

    def recv_into(self, buffer, nbytes=None, flags=0):
        self.settimeout(_left(self.deadline))
        count = super().recv_into(buffer, nbytes, flags)
        self.room -= count
        if self.room < 0:
            raise _TooMuch
        return count


def _left(deadline):
    """The seconds until then. Raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _context():
    context = ssl.create_default_context()
    if settings.WEBHOOK_CA_FILE:
        context.load_verify_locations(settings.WEBHOOK_CA_FILE)
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = _Hurried
    return context
