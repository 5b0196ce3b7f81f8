from django import template

from blog.search import words

register = template.Library()


@register.filter
def highlight(text, query):
    """The text with what `query` finds in <mark>."""
    return words.highlight(text, query)


@register.filter
def highlight_begun(text, query):
    """As `highlight`, where the last word of `query` may be the beginning of one."""
    return words.highlight(text, query, begun=True)
