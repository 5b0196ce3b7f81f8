"""How many exports a person may have."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

PERIOD = timedelta(hours=24)


@dataclass(frozen=True)
class Allowance:
    """So many as `most` within a PERIOD, of which so many are `left`; if none is, the moment from
    which there is one: `next_at`. `most` of 0 is without limit, and `left` means nothing then."""

    most: int
    left: int = 0
    next_at: datetime | None = None

    @classmethod
    def of(cls, owner) -> "Allowance":
        """What `owner` may have now. Only what was published counts, also when its file is gone."""
        most = settings.EXPORT_ALLOWANCE
        if not most:
            return cls(most)
        lately = owner.exports.filter(published_at__gt=timezone.now() - PERIOD)
        published = lately.order_by("-published_at").values_list("published_at", flat=True)[:most]
        left = most - len(published)
        return cls(most, left, None if left else published[most - 1] + PERIOD)
