"""What programs are answered, from fields that are made once."""

from functools import cache
from operator import attrgetter


class MadeOnce:
    """For a serializer that says what a thing is, and says the same whoever asks. Django REST
    framework makes its fields anew for each answer, which takes longer than the answer."""

    @property
    def fields(self):
        return _fields(type(self))

    def to_representation(self, thing):
        get, fields = _sayings(type(self))
        try:
            values = (*get(thing), thing)
        except AttributeError:  # of a dict, or of something that is not there
            return super().to_representation(thing)
        said = {}
        for name, place, field, represent in fields:
            value = values[place]
            if callable(value):
                value = field.get_attribute(thing)
            said[name] = None if value is None else represent(value)
        return said


@cache
def _fields(serializer):
    return super(MadeOnce, serializer()).fields


@cache
def _sayings(serializer):
    """(a function that gets all values of a thing at once, what each field makes of which)."""
    sources, fields = [], []
    for field in serializer()._readable_fields:
        place = -1  # the thing itself
        if field.source != "*":
            place = len(sources)
            sources.append(field.source)
        fields.append((field.field_name, place, field, field.to_representation))
    more = "__class__", "__class__"  # of less than two it makes no tuple
    return attrgetter(*sources, *more), fields
