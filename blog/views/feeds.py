"""For programs that read: what a person writes as Atom (RFC 4287) and JSON Feed 1.1."""

import re

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from accounts.models import User
from blog import markup

NEWEST = 50  # posts in a feed
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


@conditional_page
@require_safe
def atom(request, username):
    person, posts = _newest_of(username)
    feed = Atom1Feed(
        title=_title(person),
        link=_absolute(person.get_absolute_url()),
        description=_xml(person.about),
        feed_url=_absolute(reverse("blog:feed_atom", args=[person.username])),
        author_name=_xml(person.name),
    )
    for post in posts:
        url = _absolute(post.get_absolute_url())
        feed.add_item(
            title=_xml(str(post)),
            link=url,
            unique_id=url,
            description=_xml(_html(post)),
            pubdate=post.timestamp,
            updateddate=post.edited_at or post.timestamp,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml")


@conditional_page
@require_safe
def json(request, username):
    person, posts = _newest_of(username)
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(person),
        "home_page_url": _absolute(person.get_absolute_url()),
        "feed_url": _absolute(reverse("blog:feed_json", args=[person.username])),
        "description": person.about,
        "authors": [{"name": person.name, "url": _absolute(person.get_absolute_url())}],
        "items": [_item(post) for post in posts],
    }
    return JsonResponse(said, content_type="application/feed+json")


def _newest_of(username):
    """(the person of this name, the latest posts of theirs)."""
    person = get_object_or_404(User.objects.active().named(username))
    return person, person.posts.shown().newest_first()[:NEWEST]


def _title(person):
    return _xml(_("%(name)s on Microblog") % {"name": person.name})


def _item(post):
    url = _absolute(post.get_absolute_url())
    item = {
        "id": url,
        "url": url,
        "content_text": post.body,
        "date_published": post.timestamp.isoformat(),
    }
    if post.title:
        item["title"] = post.title
    if post.edited_at:
        item["date_modified"] = post.edited_at.isoformat()
    if post.language:
        item["language"] = post.language
    return item


def _html(post):
    html = markup.to_html(post.body).replace("\n", "<br>")
    return html.replace('href="/', f'href="{settings.SITE_URL}/')


def _xml(text):
    return NO_XML.sub("\ufffd", text)


def _absolute(path):
    return settings.SITE_URL + path
