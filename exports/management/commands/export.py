"""An export for the operator: the same file, without a task, a mail or a row."""

import os
from functools import partial
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from accounts import pictures
from accounts.models import User
from exports import contents, reading
from exports.models import Export


class Command(BaseCommand):
    @property
    def help(self):
        return _(
            "Writes what a person wrote to a file, and reads it again to see that it is whole."
        )

    def add_arguments(self, parser):
        names = [choice[0] for choice in contents.choices()]
        parser.add_argument("username", help=_("Who wrote it."))
        parser.add_argument(
            "--changes",
            action="store_true",
            help=_("Only what has changed since the last export that reached them."),
        )
        parser.add_argument(
            "--format", choices=names, default=contents.ARCHIVE, help=_("What to write.")
        )
        parser.add_argument("--to", type=Path, help=_("The file; it must not be there yet."))

    def handle(self, *, username, changes, format, to, **options):
        person = User.objects.named(username).first()
        if person is None:
            raise CommandError(_("Nobody is named %(name)s.") % {"name": username})
        export = Export(owner=person, contents=format, **self.since_when(person, changes))
        for name, value in export.snapshot().items():
            setattr(export, name, value)
        to = to or Path(contents.file_name(export))
        part = to.with_name(f"{to.name}.part")
        try:
            with part.open("xb+") as file:
                self.write(export, file)
                file.seek(0)
                count = contents.count(export, file)
                if not export.explains(count):
                    raise CommandError(_("The file has not as many posts as were counted."))
                os.fsync(file.fileno())
            os.link(part, to)  # not over one that is there
        except pictures.Away as error:
            raise CommandError(_("The picture can't be read. %(why)s") % {"why": error}) from error
        except OSError as error:
            raise CommandError(f"{to}: {error}") from error
        finally:
            part.unlink(missing_ok=True)
        said = ngettext("%(count)d post: %(file)s", "%(count)d posts: %(file)s", count)
        self.stdout.write(said % {"count": count, "file": to})

    def since_when(self, person, changes):
        if not changes:
            return {}
        if base := Export.objects.base_for(person):
            return base.onward()
        raise CommandError(
            _("No export of all posts has reached %(name)s; take out everything first.")
            % {"name": person.username}
        )

    def write(self, export, file):
        silent = None if self.stderr.isatty() else True
        with tqdm(total=export.total, file=self.stderr, unit="", disable=silent) as bar:

            def chunks():
                for chunk in reading.posts(export.posts):
                    yield chunk
                    bar.update(len(chunk))

            contents.write(export, chunks(), partial(bar.update, 0), file)
