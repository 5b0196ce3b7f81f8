from django import template

from exports.models.allowance import Allowance

register = template.Library()


@register.simple_tag
def allowance(owner) -> Allowance:
    """How many exports `owner` may have now."""
    return Allowance.of(owner)
