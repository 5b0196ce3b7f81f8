"""From the disk to the bucket, under the same names. It may be run again and again."""

from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lists import listed
from accounts.models import User


class Command(BaseCommand):
    @property
    def help(self):
        return _("Copies people's pictures from VAR_DIR to the bucket of AVATARS_S3_BUCKET.")

    def handle(self, **options):
        storage = User.avatar.field.storage
        if isinstance(storage, FileSystemStorage):
            raise CommandError(_("AVATARS_S3_BUCKET is not set: pictures stay on the disk."))
        self.folder = Path(settings.VAR_DIR) / "avatars"
        copied, self.missing = 0, []
        people = User.objects.exclude(avatar="").order_by("pk")
        try:
            for person in people.only("username", "avatar").iterator():
                copied += self.copy(person, storage)
        except OSError as error:
            raise CommandError(str(error)) from error
        said = ngettext(
            "%(count)d picture copied to the bucket.",
            "%(count)d pictures copied to the bucket.",
            copied,
        )
        self.stdout.write(said % {"count": copied})
        if self.missing:
            raise CommandError(
                _("Neither in the bucket nor in %(folder)s are the pictures of: %(names)s")
                % {"folder": self.folder, "names": listed(self.missing)}
            )

    def copy(self, person, storage) -> bool:
        """Whether it had to be."""
        name = person.avatar.name
        if storage.exists(name):
            return False
        try:
            storage.save(name, ContentFile((self.folder / name).read_bytes()))
        except FileNotFoundError:
            self.missing.append(person.username)
            return False
        return True
