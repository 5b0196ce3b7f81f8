"""What is set. (That each variable has a value which makes sense was seen at the start.)"""

import difflib
import ipaddress
import os
import re
import stat
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.http.request import validate_host
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.lists import listed

from .findings import ok, warning, wrong

NAME = r"^#?([A-Z0-9_]+)="
NEAR = 0.85  # of 1; a letter more or less in a name, or two
REMOTE = 0.6  # for a guess at which of a family is meant
FAMILY = 3  # so many variables that begin alike: who else begins so means us
READ_BY_OTHERS = {"PROMETHEUS_MULTIPROC_DIR", "Q_CLUSTER_NAME", "GUNICORN_CMD_ARGS", "ENV_FILE"}
NOT_PUBLIC = (
    *("localhost", "127.0.0.1", "::1"),
    *("example.org", "example.com", "example.net", "example", "invalid", "test"),
)
# What Django says of the settings that we make of our variables
IN_OUR_WORDS = {
    "security.W004": (
        gettext_lazy("SECURE_HSTS_SECONDS is 0, so browsers do not keep to HTTPS."),
        gettext_lazy("Take it out once all of the site works by HTTPS."),
    ),
    "security.W005": (
        gettext_lazy("SECURE_HSTS_INCLUDE_SUBDOMAINS is off: hosts below this one may be forged."),
        gettext_lazy("Take it out once they all work by HTTPS."),
    ),
    "security.W008": (
        gettext_lazy("SECURE_SSL_REDIRECT is off, so who comes by HTTP stays there."),
        gettext_lazy("Take it out, unless a proxy redirects them."),
    ),
    "security.W009": (
        gettext_lazy("SECRET_KEY is short or easy to guess: who does so signs in as anybody."),
        gettext_lazy("Set it to 50 characters by chance, for example by: openssl rand -base64 48"),
    ),
    "security.W012": (
        gettext_lazy(
            "SECURE_COOKIES is off: sessions are sent by HTTP too, where others read them."
        ),
        gettext_lazy("Take it out."),
    ),
    "security.W021": (
        gettext_lazy("SECURE_HSTS_PRELOAD is off, so the first visit may be by HTTP."),
        gettext_lazy("Take it out if this site is to be on the list that browsers have."),
    ),
}
IN_OUR_WORDS["security.W016"] = IN_OUR_WORDS["security.W012"]
GRAVE = {"security.W009", "security.W012", "security.W016"}


def examine():
    yield from look_at_checks()
    yield from look_at_names()
    yield from look_at_file()
    yield look_at_debug()
    yield from look_at_address()


def look_at_checks():
    """The system checks, those for production too where this is one."""
    issues = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    told = {}  # two of them may be about the same
    for issue in issues:
        if issue.is_silenced():
            continue
        mend = issue.hint or _("Django's documentation has more under %(id)s.") % {"id": issue.id}
        words, mend = IN_OUR_WORDS.get(issue.id, (issue.msg, mend))
        is_wrong = issue.level >= checks.ERROR or issue.id in GRAVE
        told[str(words)] = (wrong if is_wrong else warning)(words, mend)
    yield from told.values()
    if not told:
        yield ok(_("The settings fit together (manage.py check)."))


def look_at_names():
    """Variables that nobody reads, of which one seems to be meant."""
    misspelt = list(find_misspelt(known_names()))
    for name, near in misspelt:
        yield warning(
            _("%(name)s is set, and nobody reads it.") % {"name": name},
            _("Is %(near)s meant?") % {"near": near}
            if near
            else _("Take it out; .env.example has those that are read."),
        )
    if not misspelt:
        yield ok(_("No variable looks as if it were misspelt."))


def find_misspelt(known: set[str]):
    """(name, that of `known` which is nearest to it, or "") of each variable that looks like one of
    `known`, and is none."""
    families = Counter(map(_family, known))
    for name in sorted(os.environ.keys() - known - READ_BY_OTHERS):
        is_of_family = families[_family(name)] >= FAMILY
        if is_of_family or difflib.get_close_matches(name, known, 1, NEAR):
            yield name, next(iter(difflib.get_close_matches(name, known, 1, REMOTE)), "")


def known_names() -> set[str]:
    """The names of .env.example; none where that is not installed."""
    try:
        example = (settings.BASE_DIR / ".env.example").read_text()
    except OSError:
        return set()
    prefixed = {name for name in os.environ if name.startswith("ANYMAIL_")}
    return set(re.findall(NAME, example, re.MULTILINE)) | prefixed


def _family(name):
    return name.partition("_")[0]


def look_at_file():
    path = Path(os.environ.get("ENV_FILE", settings.BASE_DIR / ".env"))
    if path.is_file() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        words = _("Everybody on this machine can read %(file)s, with the keys in it.")
        yield warning(words % {"file": path}, f"chmod 600 {path}")


def look_at_debug():
    if not settings.DEBUG:
        return ok(_("DEBUG is off."))
    public = [host for host in settings.ALLOWED_HOSTS if _is_public(host)]
    if not public:
        return ok(_("DEBUG is on: this is a development site."))
    return wrong(
        _("DEBUG is on, and the site answers to %(hosts)s: errors show visitors its inside.")
        % {"hosts": listed(public)},
        _("Set DEBUG=0, or ALLOWED_HOSTS to localhost."),
    )


def _is_public(host):
    host = host.strip("[].")
    try:
        return not ipaddress.ip_address(host).is_private
    except ValueError:
        return not is_placeholder(host)


def is_placeholder(host: str) -> bool:
    """Whether it is a name from documentation, or of no other machine than this one."""
    host = host.strip("[]").lower()
    return any(host == each or host.endswith(f".{each}") for each in NOT_PUBLIC)


def look_at_address():
    """Where mails lead to: of a host that we answer to."""
    parts = urlsplit(settings.SITE_URL)
    about = {"url": settings.SITE_URL, "hosts": listed(settings.ALLOWED_HOSTS)}
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield wrong(
            _(
                "SITE_URL is %(url)s, and ALLOWED_HOSTS is %(hosts)s: links in mails lead to a"
                " refusal."
            )
            % about,
            _("Set SITE_URL to where people reach the site, and name its host in ALLOWED_HOSTS."),
        )
    elif settings.DEBUG:
        yield ok(_("Mails link to %(url)s.") % about)
    elif is_placeholder(parts.hostname):
        yield wrong(
            _("SITE_URL is %(url)s, where nobody reaches this site.") % about,
            _("Set SITE_URL and ALLOWED_HOSTS to where people do."),
        )
    elif parts.scheme != "https":
        yield warning(
            _("SITE_URL is %(url)s: mails with links to new passwords lead past HTTPS.") % about,
            _("Set it to https://..."),
        )
    else:
        yield ok(_("Mails link to %(url)s.") % about)
