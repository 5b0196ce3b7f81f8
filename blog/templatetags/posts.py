from django import template
from django.conf import settings

from blog import markup as links

register = template.Library()


@register.filter
def markup(text):
    """The text as HTML with its links, mentions and tags."""
    return links.to_html(text)


@register.filter
def absolute(path):
    """The address of this site's page for who is elsewhere."""
    return settings.SITE_URL + path
