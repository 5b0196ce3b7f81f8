"""What is installed, and whether it is what this version was tested with."""

import platform
import re
from importlib import metadata

from django.conf import settings
from django.utils.translation import gettext as _
from packaging.requirements import Requirement

from .findings import ok, warning, wrong

SHOWN = "django", "django-q2", "redis"
PINNED = r"^([a-z0-9][^#\\\n]*==[^#\\\n]*)"
INSTALL = "pip install --require-hashes -r requirements.txt"


def examine():
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in SHOWN)
    yield ok(f"Python {platform.python_version()}, {versions}")
    try:
        pinned = (settings.BASE_DIR / "requirements.txt").read_text()
    except OSError:
        return
    different = list(compare(pinned))
    yield from different
    if not different:
        yield ok(_("What is installed is what requirements.txt names."))


def compare(pinned: str):
    """The packages that are not there, or are other ones than `pinned`, a file for pip, has."""
    for line in re.findall(PINNED, pinned, re.MULTILINE):
        requirement = Requirement(line.strip())
        if requirement.marker and not requirement.marker.evaluate():
            continue
        about = {"name": requirement.name, "pin": str(requirement.specifier).lstrip("=")}
        try:
            about["version"] = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield wrong(_("%(name)s %(pin)s is not installed.") % about, INSTALL)
            continue
        if about["version"] not in requirement.specifier:
            words = _("%(name)s is %(version)s, and requirements.txt has %(pin)s.")
            yield warning(words % about, INSTALL)
