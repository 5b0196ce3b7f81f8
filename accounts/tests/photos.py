"""Pictures for tests, as people upload them."""

import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)
EXIF_ORIENTATION = 0x0112
EXIF_ARTIST = 0x013B


def photo(kind="JPEG", size=(120, 60), exif=None, mode="RGB", **options) -> bytes:
    """A picture whose left half is red, and whose right half is blue."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    output = BytesIO()
    if exif:
        options["exif"] = exif
    picture.convert(mode).save(output, kind, **options)
    return output.getvalue()


def sideways() -> bytes:
    """One that a camera noted to be turned by 90 degrees, and by whom it was taken."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    exif[EXIF_ARTIST] = "Alice"
    return photo(size=(100, 100), exif=exif)


def bomb(width, height) -> bytes:
    """A PNG of some bytes whose header announces this size; decoding it would fail."""

    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def upload(content: bytes, name="photo.jpg"):
    return SimpleUploadedFile(name, content, "image/jpeg")
