import os
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User

from .photos import bomb, photo, upload

URL = "/accounts/profile/"
FORM = {"display_name": "Alicia 愛麗絲", "about": "I write\r\nsmall things."}


@pytest.fixture
def post(alices, alice, stored, django_capture_on_commit_callbacks):
    def post(**form):
        with django_capture_on_commit_callbacks(execute=True):
            response = alices.post(URL, FORM | form)
        alice.refresh_from_db()
        return response

    return post


def errors(response, field):
    return str(response.context["form"].errors[field])


def test_it_works(post, alice):
    assert post()["Location"] == URL
    assert (alice.display_name, alice.about) == ("Alicia 愛麗絲", "I write\nsmall things.")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("display_name", "n" * 51, "at most 50"),
        ("display_name", "ali\u202ece", "control characters"),
        ("display_name", "\u2066alice", "control characters"),
        ("display_name", "ali\u2028ce", "control characters"),
        ("display_name", "\u200b\u200d\ufeff", "to be seen"),
        ("display_name", "\u3164", "to be seen"),
        ("display_name", "nul\0", "Null characters"),
        ("about", "a" * 281, "at most 280"),
        ("about", "nul\0", "Null characters"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(post, alice, field, value, words):
    response = post(**{field: value})
    assert words in errors(response, field)
    assert response.context["form"][field].value() == value
    assert response.context["user"].display_name == ""  # not what was refused
    assert (alice.display_name, alice.about) == ("", "")


@pytest.mark.parametrize("name", ["عَلِيّ", "愛", "👩‍🚀", "<b>Bo</b>", "O'Neil", ""])
def test_any_script_will_do(post, alice, name):
    assert post(display_name=name).status_code == 302
    assert alice.display_name == name


@pytest.mark.django_db(transaction=True)
def test_the_profile_and_its_words_in_the_search_are_saved_together(
    alices, alice, stored, monkeypatch
):
    def fails(people):
        raise ZeroDivisionError

    monkeypatch.setattr("blog.search.index_people", fails)
    with pytest.raises(ZeroDivisionError):
        alices.post(URL, FORM)
    alice.refresh_from_db()
    assert alice.display_name == ""


@pytest.mark.parametrize(
    ("language", "words"), [("es", "Hasta 280"), ("zh-hant", "最多 280 個字元")]
)
def test_all_of_the_page_is_in_the_reader_s_language(alices, alice, language, words):
    User.objects.filter(pk=alice.pk).update(language=language)
    assert words in alices.get(URL).content.decode()


def test_markup_is_shown_as_text(alices, post):
    post(display_name="<script>1</script>", about="<b>")
    page = alices.get(URL).content
    assert b"<script>1" not in page
    assert b"&lt;script&gt;1" in page


def test_line_ends_count_once(post, alice):
    assert post(about="\r\n".join(["a"] * 140 + [""]) + "b").status_code == 200  # 281
    assert post(about="\r\n".join(["a"] * 140) + "b").status_code == 302  # 280
    assert len(alice.about) == 280


class TestPicture:
    def test_it_is_made_small_and_replaces_the_one_before(self, post, alice, stored):
        post(picture=upload(photo()))
        first = alice.avatar.name
        assert os.listdir(stored) == [first]
        post(picture=upload(photo("PNG")))
        assert alice.avatar.name != first
        assert os.listdir(stored) == [alice.avatar.name]

    def test_it_stays_when_the_rest_is_saved(self, post, alice, stored):
        post(picture=upload(photo()))
        post(display_name="Other")
        assert os.listdir(stored) == [alice.avatar.name]

    def test_it_can_be_removed(self, post, alice, stored):
        post(picture=upload(photo()))
        assert b"remove_picture" in post(about="x" * 281).content
        post(remove_picture="on")
        assert not alice.avatar
        assert not os.listdir(stored)

    def test_the_one_before_is_there_until_the_change_is_certain(
        self, alices, alice, django_capture_on_commit_callbacks, stored
    ):
        alices.post(URL, FORM | {"picture": upload(photo())})
        with django_capture_on_commit_callbacks():
            alices.post(URL, FORM | {"picture": upload(photo())})
            assert len(os.listdir(stored)) == 2

    def test_with_a_slip_elsewhere_it_is_to_be_chosen_again(self, post, alice, stored):
        response = post(picture=upload(photo()), display_name="n" * 51)
        assert b"choose it again" in response.content
        assert not os.listdir(stored)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (photo("BMP"), "no picture that we know"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "no picture"),
            (b"MZ not a picture at all", "no picture that we know"),
            (bomb(50_000, 50_000), "too many pixels"),
            (photo(size=(400, 400))[:1000], "broken"),
            (b"", "empty"),
        ],
    )
    def test_what_is_none_is_told_at_its_field(self, post, alice, content, words, stored):
        response = post(picture=upload(content, "photo.png"))
        assert words in errors(response, "picture")
        assert response.context["form"]["about"].value() == FORM["about"]
        assert not os.listdir(stored)

    def test_its_type_is_what_it_is_and_not_what_it_says(self, post, alice):
        lying = SimpleUploadedFile("../../evil.html", photo("PNG"), "text/html")
        assert post(picture=lying).status_code == 302
        assert alice.avatar.name.endswith(".webp")
        assert "evil" not in alice.avatar.name

    def test_more_than_five_megabytes_are_refused_unread(self, post, monkeypatch):
        monkeypatch.setattr("accounts.pictures.make_square", lambda file: pytest.fail("Read."))
        response = post(picture=upload(photo() + b"\0" * (5 << 20)))
        assert "up to 5.0" in errors(response, "picture")
        assert b"choose it again" not in response.content

    def test_fifty_megabytes_get_a_page_that_names_the_limit(self, post, monkeypatch):
        monkeypatch.setattr("accounts.pictures.make_square", lambda file: pytest.fail("Read."))
        response = post(picture=upload(photo() + b"\0" * (50 << 20)))
        assert response.status_code == 413
        assert "5.0\xa0MB" in response.content.decode()

    def test_only_the_form_with_the_picture_may_be_large(self, alices):
        large = b"\0" * (2 << 20)
        for address in ("/accounts/settings/", "/nothing/"):
            assert alices.post(address, {"picture": upload(large)}).status_code == 413
        assert alices.post(URL, large, "application/x-www-form-urlencoded").status_code == 413

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_leave_one(self, alice, stored):
        picture = photo("WEBP")
        both = [Thread(target=_change, args=(alice.pk, picture)) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()
        alice.refresh_from_db()
        assert os.listdir(stored) == [alice.avatar.name]


def _change(pk, picture):
    from django.db import connection

    User.objects.get(pk=pk).change_avatar(picture)
    connection.close()


def test_it_asks_visitors_to_sign_in(client, db):
    assert client.get(URL)["Location"].startswith("/accounts/login/")


PAGES = ["profile", "settings", "email", "password", "delete"]


@pytest.mark.parametrize("page", PAGES)
def test_settings_need_few_queries(alices, page, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        response = alices.get(f"/accounts/{page}/").content
    assert response.count(b'aria-current="page"') == 1
