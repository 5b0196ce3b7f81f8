"""Pictures of people: what they upload, made small and harmless, and what is drawn for the others.
Pure: bytes in, bytes out."""

import hashlib
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

SIDE = 400  # pixels of a stored picture, which is a square
SMALL = 96  # of one in a list, where it takes half of that on most screens
PIXELS_MAX = 30_000_000  # of an uploaded one; each takes up to 8 bytes while it is shrunk
FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
TYPE = "image/webp"  # of a stored picture
DRAWN = "image/svg+xml"
QUALITY = 82

NOT_A_PICTURE = _("This is no picture that we know. Please take a JPEG, PNG, WebP or GIF.")
TOO_MANY_PIXELS = _("This picture has too many pixels. Please take a smaller one.")
BROKEN = _("This picture is broken: a part of it is missing or damaged.")
NOT_KEPT = _(
    "The picture can't be kept just now, so nothing was saved. What you wrote is still here: please"
    " choose the picture again in a few minutes, or save the page without it."
)


class Unusable(Exception):
    """Its text says why, to people."""


class Away(Exception):
    """The place where pictures are kept can't be written or read just now. Its text says why, to
    operators."""


def make_square(file) -> bytes:
    """The middle of the uploaded picture, upright, as a WebP of `SIDE` pixels without metadata.

    Its size is read from the header; when that is too large, nothing is decoded. Raises Unusable.
    """
    picture = _open(file)
    if picture.width * picture.height > PIXELS_MAX:
        raise Unusable(TOO_MANY_PIXELS)
    try:
        return _encode(_turn(picture, _shrink(picture)))
    except Exception as error:  # Pillow answers broken files with errors of all sorts
        raise Unusable(BROKEN) from error


def make_small(picture: bytes) -> bytes:
    """A stored picture for lists; one that is broken as it is."""
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as large:
            return _encode(large.resize((SMALL, SMALL), Image.Resampling.LANCZOS))
    except Exception:  # Pillow's, of all sorts
        return picture


def _open(file):
    try:
        return Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(TOO_MANY_PIXELS) from error
    except Exception as error:  # as above
        raise Unusable(NOT_A_PICTURE) from error


def _shrink(picture):
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded small, which is much quicker
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    # Not converted without need: that would be one more copy of all its pixels.
    return ImageOps.fit(picture if picture.mode == mode else picture.convert(mode), (SIDE, SIDE))


def _turn(original, small):
    """`small` turned the way that a camera noted in the original."""
    small.info = {"exif": original.info.get("exif", b"")}
    return ImageOps.exif_transpose(small)


def _encode(picture) -> bytes:
    picture.info = {}
    output = BytesIO()
    picture.save(output, "WEBP", quality=QUALITY)
    return output.getvalue()


# (ground, shapes): calm pairs that stand out from a light page and from a dark one.
COLOURS = [
    ("#2f6f62", "#a9dccd"),
    ("#3d5f8f", "#b9d2f0"),
    ("#6a5590", "#d5c6ee"),
    ("#8c4f63", "#f0c3d0"),
    ("#8a5a35", "#f1d0ae"),
    ("#6b6a2e", "#e3e0a2"),
    ("#3f6c7c", "#b5dde8"),
    ("#5d6670", "#d3dae2"),
]
# In a tile of 10 by 10: nothing, a whole one, a disc, a quarter of one around each corner.
SHAPES = [
    "",
    "h10v10h-10z",
    "m5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8z",
    "h10a10 10 0 0 1-10 10z",
    "h10v10a10 10 0 0 1-10-10z",
    "m10 10h-10a10 10 0 0 1 10-10z",
    "m0 10v-10a10 10 0 0 1 10 10z",
]


def draw(username: str) -> bytes:
    """An SVG of the user name alone: a quilt of four by four tiles, its right half mirrored."""
    digest = hashlib.sha256(username.lower().encode()).digest()
    ground, colour = COLOURS[digest[0] % len(COLOURS)]
    tiles = [
        f"M{10 * (number % 2)} {10 * (number // 2)}{shape}"
        for number, byte in enumerate(digest[1:9])
        if (shape := SHAPES[byte % len(SHAPES)])
    ]
    half = f'<path id="half" fill="{colour}" d="{"".join(tiles)}"/>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-9 -9 58 58">'
        f'<path fill="{ground}" d="M-9-9h58v58h-58z"/>'
        f'{half}<use href="#half" transform="matrix(-1 0 0 1 40 0)"/></svg>'
    ).encode()
