"""What there is, for search engines: https://www.sitemaps.org/protocol.html."""

from django.contrib.sitemaps import Sitemap

from accounts.models import User

from .models import Post

LISTED = 10_000  # posts, or people on a page


class PeopleSitemap(Sitemap):
    limit = LISTED

    def items(self):
        return User.objects.active().order_by("pk")


class PostsSitemap(Sitemap):
    """The newest ones; older ones are found from people's pages."""

    limit = LISTED

    def items(self):
        return Post.objects.filter(author__is_active=True).order_by("-pk")[:LISTED]

    def lastmod(self, post):
        return post.edited_at or post.timestamp


SITEMAPS = {"people": PeopleSitemap, "posts": PostsSitemap}
