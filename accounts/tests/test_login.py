import pytest

from conftest import PASSWORD

URL = "/accounts/login/"


def test_it_works_in_any_case(client, alice):
    response = client.post(URL, {"username": "ALICE", "password": PASSWORD}, follow=True)
    assert response.context["user"] == alice


@pytest.mark.parametrize(
    "form",
    [
        {"username": "alice", "password": "wrong"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "alice\0", "password": PASSWORD},
    ],
)
def test_what_is_wrong_is_told_and_the_name_kept(client, alice, form):
    response = client.post(URL, form)
    assert response.context["form"].errors
    assert response.context["form"]["username"].value() == form["username"]
    assert "_auth_user_id" not in client.session


def test_signing_in_elsewhere_is_followed_only_on_this_site(client, alice):
    form = {"username": "alice", "password": PASSWORD}
    assert client.post(URL + "?next=/exports/", form)["Location"] == "/exports/"
    client.logout()
    assert client.post(URL + "?next=https://evil.example/", form)["Location"] == "/"


def test_coming_back_to_it_is_no_loop(alices):
    assert alices.get(URL + "?next=" + URL).status_code == 200


def test_signing_out_is_a_post(alices):
    assert alices.get("/accounts/logout/").status_code == 405
    assert alices.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in alices.session


def test_without_remember_me_the_session_ends_with_the_browser(client, alice):
    response = client.post(URL, {"username": "alice", "password": PASSWORD})
    assert not response.cookies["sessionid"]["max-age"]


def test_with_remember_me_it_holds_for_thirty_days(client, alice):
    form = {"username": "alice", "password": PASSWORD, "remember": "on"}
    assert client.post(URL, form).cookies["sessionid"]["max-age"] == 30 * 24 * 3600


def test_who_is_no_longer_remembered_is_not(client, alice):
    form = {"username": "alice", "password": PASSWORD}
    client.post(URL, form | {"remember": "on"})
    response = client.post(URL, form)
    assert not response.cookies["sessionid"]["max-age"]
