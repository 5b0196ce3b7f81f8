import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError

URL = "/accounts/register/"
FORM = {
    "username": "Zoe_1",
    "email": "zoe@example.com",
    "password1": "correct-horse-battery",
    "password2": "correct-horse-battery",
}


@pytest.mark.django_db
def test_it_works(client):
    response = client.post(URL, FORM, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert response.context["user"].username == "Zoe_1"


@pytest.mark.django_db
def test_the_language_of_the_page_is_the_language_of_the_mails(client):
    client.post(URL, FORM, headers={"Accept-Language": "zh-Hant"})
    assert get_user_model().objects.get().language == "zh-hant"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("username", "ALICE", "taken"),
        ("email", "Alice@Example.com", "belongs to another account"),
        ("username", "with space", "only letters"),
        ("username", "naïve", "only letters"),
        ("username", "n" * 31, "at most 30"),
        ("username", "nul\0", "Null characters"),
        ("email", "", "required"),
        ("email", '"a\x1ex"@example.com', "control characters"),
        ("email", "not an address", "valid email"),
        ("password2", "another-horse", "match"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(client, alice, field, value, words):
    response = client.post(URL, FORM | {field: value})
    assert words in str(response.context["form"].errors[field])
    assert response.context["form"]["username"].value() == (FORM | {field: value})["username"]
    assert get_user_model().objects.count() == 1


def test_user_names_are_unique_without_regard_to_case_in_the_database(alice):
    with pytest.raises(IntegrityError, match="accounts_user_username_ci"):
        get_user_model().objects.create_user("ALICE")


@pytest.mark.django_db
def test_many_may_have_no_address():
    get_user_model().objects.create_user("one")
    get_user_model().objects.create_user("two")


def test_who_is_signed_in_is_sent_home(alices):
    assert alices.get(URL)["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("browser", "kept"),
    [
        ("America/Bogota", "America/Bogota"),
        ("Asia/Calcutta", "Asia/Calcutta"),  # an old name, which Chromium says
        ("Middle/Earth", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("nul\0", "UTC"),
        ("z" * 1_000, "UTC"),
        ("", "UTC"),
    ],
)
def test_the_time_zone_is_that_of_the_browser(client, browser, kept):
    assert client.post(URL, FORM | {"time_zone": browser}).status_code == 302
    assert get_user_model().objects.get().time_zone == kept
