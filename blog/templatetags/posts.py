from babel import Locale
from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import get_language, to_locale

from blog import markup as links
from blog.people import COUNTED

register = template.Library()


@register.filter
def markup(text):
    """The text as HTML with its links, mentions and tags."""
    return links.to_html(text)


@register.filter
def in_language(post):
    """The attribute that says the language of a post. What is in the page's own is so by that:
    it says which Chinese it is, and which letters to take."""
    here = get_language().partition("-")[0]
    return format_html(' lang="{}"', post.language) if post.language not in ("", here) else ""


@register.filter
def is_foreign(post):
    """Whether it can be translated for the reader."""
    return post.is_foreign_in(get_language())


@register.filter
def language_name(code):
    """What the reader calls a language of ISO 639-1."""
    return Locale.parse(to_locale(get_language())).languages.get(code, code)


@register.filter
def counted(count):
    """A count of `people.with_counts()` as it is shown: 12, 10,000+."""
    return f"{number_format(COUNTED, force_grouping=True)}+" if count > COUNTED else count


@register.filter
def absolute(path):
    """The address of this site's page for who is elsewhere."""
    return settings.SITE_URL + path
