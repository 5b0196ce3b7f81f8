"""Whether an archive is whole, for who has a shell. Of any size."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from exports.contents import words_of
from exports.verifying import Refused, verify


class Command(BaseCommand):
    @property
    def help(self):
        return _("Says whether an archive is whole, whose it is, and of when.")

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help=_("The archive."))

    def handle(self, *, file, **options):
        try:
            with file.open("rb") as archive:
                verified = verify(archive)
        except OSError as error:
            raise CommandError(f"{file}: {error}") from error
        except Refused as refused:
            raise CommandError(f"{file}: {refused.words}") from refused
        self.stdout.write(_("The archive is whole."))
        about = verified.about
        self.stdout.write(f"@{about['username']}, {about['site']}")
        if updated := words_of(verified.updated):
            self.stdout.write(_("The newest thing in it: %(moment)s") % {"moment": updated})
        if since := words_of(verified.changes_since):
            self.stdout.write(_("Only what has changed since %(moment)s.") % {"moment": since})
        for kind, number in about["items"].items():
            self.stdout.write(f"{kind}: {number}")
