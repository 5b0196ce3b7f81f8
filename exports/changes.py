"""What has changed of a person's posts since an export of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, reduce
from operator import or_

from django.db.models import Exists, Q, QuerySet

from accounts.models import User
from blog.counting import CountUpTo
from blog.models import Post
from blog.people import COUNTED

# A post has its moment and its id before its transaction is committed, so that a snapshot may miss
# what seems to be older than itself: in PostgreSQL ids become visible in another order than they
# were given in. And a moment is of the clock of a web server, a snapshot of the database's. So a
# little is taken twice, rather than anything never: who has both takes the later one.
MARGIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Changes:
    """Of the posts of `owner`, for who has those up to the id `after_id` as they were at the moment
    `since`: what was written, edited, deleted or brought back from then on."""

    owner: User
    after_id: int
    since: datetime

    @property
    def posts(self) -> QuerySet:
        """Those that are to be added, or to take the place of what they were."""
        return self.owner.posts.filter(reduce(or_, self._ways))

    @property
    def deletions(self) -> QuerySet:
        return self.owner.deletions.filter(at__gte=self.since, undone_at=None)

    def exist(self) -> bool:
        """Whether anything has changed; in one query that looks for one of each kind."""
        posts = [Q(Exists(Post.objects.filter(way))) for way in self._ways]
        some = Q(*posts, Exists(self.deletions), _connector=Q.OR)
        return User.objects.filter(some, pk=self.owner.pk).exists()

    def count(self) -> dict:
        """How many `posts` and how many `deleted`; of more than COUNTED, one more. In one query,
        whose parts read little but indexes and end at so many."""
        kinds, known = [], Q(pk=None)
        for way in self._ways:
            kinds.append(Post.objects.filter(way).exclude(known))
            known |= way
        counts = [CountUpTo(rows, COUNTED + 1) for rows in (*kinds, self.deletions)]
        *posts, deleted = User.objects.filter(pk=self.owner.pk).values_list(*counts).get()
        return {"posts": min(sum(posts), COUNTED + 1), "deleted": deleted}

    @cached_property
    def _ways(self):
        """How a post can have come into it; what takes a database longest to see comes last."""
        back = self.owner.deletions.filter(undone_at__gte=self.since)
        return [
            Q(author=self.owner, timestamp__gte=self.since),
            Q(author=self.owner, edited_at__gte=self.since),
            Q(pk__in=back.values("post_id")),  # with its author it would be sought among all theirs
            Q(author=self.owner, pk__gt=self.after_id),  # also of an earlier moment
        ]
