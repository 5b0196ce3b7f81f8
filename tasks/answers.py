"""What programs are answered, from fields that are made once."""

from functools import cache
from operator import attrgetter

from rest_framework.fields import SkipField


class MadeOnce:
    """For a serializer that says what a thing is, and says the same whoever asks. Django REST
    framework makes its fields anew for each answer, which takes longer than the answer."""

    @property
    def fields(self):
        return _fields(type(self))

    def to_representation(self, thing):
        said = {}
        for name, say in _sayings(type(self)):
            try:
                said[name] = say(thing)
            except SkipField:
                continue
        return said


@cache
def _fields(serializer):
    return super(MadeOnce, serializer()).fields


@cache
def _sayings(serializer):
    return [(each.field_name, _saying(each)) for each in serializer()._readable_fields]


def _saying(field):
    """What the field says of a thing, as a function of it."""
    get = _itself if field.source == "*" else attrgetter(field.source)
    represent = field.to_representation

    def say(thing):
        try:
            value = get(thing)
        except AttributeError:  # of a dict, or of something that is not there
            value = field.get_attribute(thing)
        if callable(value):
            value = field.get_attribute(thing)
        return None if value is None else represent(value)

    return say


def _itself(thing):
    return thing
