"""What there is, for search engines: https://www.sitemaps.org/protocol.html."""

from django.contrib.sitemaps import Sitemap
from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

from accounts.models import User

from .models import Post

LISTED = 10_000  # in a file


class ById(Paginator):
    """Pages of so many ids, whether or not there is a row to each: no page costs more than another
    one, and who stands on one stays there."""

    @cached_property
    def count(self):
        return self.object_list.order_by("-pk").values_list("pk", flat=True).first() or 0

    def page(self, number):
        number = self.validate_number(number)
        last = number * self.per_page
        rows = self.object_list.filter(pk__gt=last - self.per_page, pk__lte=last)
        return Page(rows, number, self)


class PeopleSitemap(Sitemap):
    def items(self):
        return User.objects.active().order_by("pk").only("username")

    @property
    def paginator(self):
        return ById(self.items(), LISTED)


class PostsSitemap(Sitemap):
    """The newest ones; older ones are found from people's pages."""

    def items(self):
        posts = Post.objects.public().order_by("-pk")
        return posts.only("edited_at", "timestamp")[:LISTED]

    def lastmod(self, post):
        return post.edited_at or post.timestamp

    def get_latest_lastmod(self):
        """For the index: without it, Django would read them all."""
        return self.lastmod(latest) if (latest := self.items().first()) else None


SITEMAPS = {"people": PeopleSitemap, "posts": PostsSitemap}
