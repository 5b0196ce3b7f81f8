"""Why an export does not begin: exceptions that say so to who asked for it."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tasks.registry import Refused


class NotNow(Refused):
    """It can't begin now, and nothing has changed. `words`: why, and what to do, for its owner."""

    words = ""


class UsedUp(NotNow):
    """Its owner has had all that is allowed within a day, until the moment `next_at`, in their
    zone."""

    def __init__(self, next_at):
        super().__init__(f"The next export is allowed at {next_at}.")
        self.next_at = next_at

    @property
    def words(self):
        moment = date_format(self.next_at, "DATETIME_FORMAT")
        return _(
            "You have used up your exports of the last 24 hours, so this one was not started. The"
            " next one is allowed from %(moment)s."
        ) % {"moment": moment}


class NoRoom(NotNow):
    """The disk of `folder` has too few bytes `free` for what is `needed`; both are None where it
    was full in the middle of writing."""

    def __init__(self, folder, free=None, needed=None):
        found = "The disk was full in the middle of writing an export"
        if free is not None:
            found = f"{free} bytes are free, and an export needs {needed}"
        super().__init__(
            f"No room in {folder}: {found}. Free some space on that disk, enlarge it, or name"
            " folders elsewhere by VAR_DIR and EXPORT_SCRATCH_DIR; EXPORT_RESERVE_BYTES is what"
            " exports leave free."
        )

    @property
    def words(self):
        return _(
            "There is no room for this export just now, so it was not started. The people who run"
            " this site have been told. Please try again later."
        )
