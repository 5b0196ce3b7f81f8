from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageFile

from accounts import pictures
from accounts.pictures import BROKEN, NOT_A_PICTURE, SIDE, TOO_MANY_PIXELS, Unusable

from .photos import bomb, photo, sideways


def square(content):
    """What becomes of an uploaded picture, opened again."""
    return Image.open(BytesIO(pictures.make_square(BytesIO(content))))


def is_like(pixel, colour):
    return all(abs(one - other) < 40 for one, other in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_middle_is_kept_as_a_square_webp(kind):
    made = square(photo(kind, size=(600, 200)))
    assert (made.format, made.size) == ("WEBP", (SIDE, SIDE))
    assert is_like(made.getpixel((20, 200)), (200, 30, 30))
    assert is_like(made.getpixel((380, 200)), (30, 30, 200))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "P"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "CMYK"), ("JPEG", "L")],
)
def test_pictures_of_every_kind_of_colour_are_taken(kind, mode):
    assert square(photo(kind, mode=mode)).size == (SIDE, SIDE)


def test_what_is_transparent_stays_so():
    output = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(output, "PNG")
    assert square(output.getvalue()).convert("RGBA").getpixel((200, 200))[3] == 0


def test_it_is_turned_as_the_camera_noted_and_nothing_else_of_that_is_kept():
    made = square(sideways())
    # Red was on the left; turned by a quarter, it is above.
    assert is_like(made.getpixel((200, 20)), (200, 30, 30))
    assert is_like(made.getpixel((200, 380)), (30, 30, 200))
    assert not made.getexif()
    assert not {"exif", "icc_profile", "xmp"} & set(made.info)


def test_other_metadata_is_not_kept():
    made = square(photo(comment=b"secret place", icc_profile=b"profile", xmp=b"<x>secret</x>"))
    assert not {"comment", "exif", "icc_profile", "xmp"} & set(made.info)


@pytest.fixture
def no_decoding(monkeypatch):
    def load(self):
        pytest.fail("It was decoded.")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


# 30 million pixels are our bound; at 89 million Pillow warns, and at twice that it refuses.
@pytest.mark.parametrize("size", [(10_000, 3_001), (10_000, 10_000), (50_000, 50_000)])
def test_bombs_are_refused_before_they_are_decoded(size, no_decoding):
    with pytest.raises(Unusable, match=str(TOO_MANY_PIXELS)):
        pictures.make_square(BytesIO(bomb(*size)))


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "PDF"])
def test_other_types_are_refused_before_they_are_decoded(kind, no_decoding):
    with pytest.raises(Unusable, match="no picture that we know"):
        pictures.make_square(BytesIO(photo(kind)))


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8"]
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(Unusable, match=str(NOT_A_PICTURE)):
        pictures.make_square(BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_one_is_refused(kind):
    whole = photo(kind, size=(500, 500), **({"lossless": True} if kind == "WEBP" else {}))
    with pytest.raises(Unusable) as refused:
        pictures.make_square(BytesIO(whole[: len(whole) * 2 // 3]))
    assert str(refused.value) in {str(BROKEN), str(NOT_A_PICTURE)}


class TestDrawn:
    def test_it_is_well_formed_and_needs_nothing_else(self):
        drawn = pictures.draw("alice")
        assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
        assert not any(word in drawn for word in (b"style", b"script", b"url(", b"https:"))

    def test_it_is_the_same_for_the_same_person_and_another_one_for_others(self):
        assert pictures.draw("Alice") == pictures.draw("alice")
        names = [f"person{number}" for number in range(200)]
        assert len({pictures.draw(name) for name in names}) == len(names)
