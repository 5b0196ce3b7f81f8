from django import template

from blog import markup as links

register = template.Library()


@register.filter
def markup(text):
    """The text as HTML with its links, mentions and tags."""
    return links.to_html(text)
