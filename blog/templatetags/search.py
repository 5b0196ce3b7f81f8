from django import template

from blog.search import words

register = template.Library()


@register.filter
def highlight(text, query):
    """The text with what `query` finds in <mark>."""
    return words.highlight(text, query)
