"""Where somebody is signed in, and how that ends."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DjangosStore
from django.contrib.sessions.models import Session as DjangosSession
from django.test import Client
from django.utils import timezone

from accounts import browsers
from accounts.models import Session, Token, User
from accounts.models.people import SEEN_EVERY
from accounts.sessions import SessionStore
from conftest import PASSWORD

URL, OWN_PAGE = "/accounts/sessions/", "/accounts/settings/"
SIGN_IN = {"username": "alice", "password": PASSWORD}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
QUERIES_MOST = 5


def sign_in(username="alice", **headers):
    """A client of who has signed in by the page."""
    client = Client(headers=headers)
    form = {"username": username, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    return client


def is_in(client):
    return client.get(OWN_PAGE).status_code == 200


@pytest.fixture
def other(alices):
    """Another browser in which Alice is signed in."""
    return sign_in(user_agent=FIREFOX)


def row_of(client):
    return Session.objects.get(session_key=client.session.session_key)


class TestWhatIsNoted:
    def test_signing_in_notes_whose_it_is_and_from_where(self, alice):
        client = sign_in(user_agent=FIREFOX)
        row = alice.sessions.get()
        assert (row.user_agent, row.address) == (FIREFOX, "127.0.0.1")
        assert row.session_key == client.session.session_key

    def test_visitors_have_sessions_of_nobody(self, client, db):
        client.post("/", {"body": "Kept until I have signed in"})
        assert Session.objects.get().owner is None

    def test_what_is_used_again_and_again_is_written_every_few_minutes(self, alices):
        row = row_of(alices)
        alices.get("/alerts/")
        assert row_of(alices).seen_at == row.seen_at
        Session.objects.update(seen_at=row.seen_at - SEEN_EVERY - timedelta(seconds=1))
        alices.get("/alerts/", headers={"User-Agent": "curl/8"}, REMOTE_ADDR="192.0.2.7")
        row = row_of(alices)
        assert timezone.now() - row.seen_at < timedelta(minutes=1)
        assert (row.user_agent, row.address) == ("curl/8", "192.0.2.7")

    def test_what_is_written_in_it_does_not_undo_that(self, alices):
        row, store = row_of(alices), alices.session
        store["x"] = 1
        Session.objects.update(address="192.0.2.7")
        store.save()
        assert row_of(alices).address == "192.0.2.7"
        assert row_of(alices).public_id == row.public_id

    def test_it_ends_a_month_after_the_sign_in_whatever_is_written_in_it(self, alices, settings):
        longest = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        began = timezone.now() - longest + timedelta(days=1)
        Session.objects.update(created_at=began)
        alices.get("/")
        store = alices.session
        store["x"] = 1
        store.save()
        assert row_of(alices).expire_date == began + longest
        alices.post(f"{URL}end/")  # which gives it another key
        assert row_of(alices).expire_date == began + longest

    def test_programs_and_pictures_ask_for_no_session(self, alices, django_assert_num_queries):
        with django_assert_num_queries(1):
            alices.get("/@alice/avatar/")

    def test_somebody_else_in_the_same_browser_begins_anew(self, alices, alice, bob):
        Session.objects.update(created_at=timezone.now() - timedelta(1))
        alices.post("/accounts/login/", {"username": "bob", "password": PASSWORD})
        assert not alice.sessions.exists()
        assert timezone.now() - bob.sessions.get().created_at < timedelta(minutes=1)


class TestList:
    def test_it_says_which_since_when_and_from_where(self, alices, alice, other):
        page = alices.get(URL).content.decode()
        assert "Firefox on Linux" in page
        assert "127.0.0.1" in page
        assert row_of(other).created_at.strftime("%Y-%m-%dT%H:%M") in page
        assert page.count("This one") == 1
        assert f'action="{URL}{row_of(other).public_id}/end/"' in page
        assert str(row_of(alices).public_id) not in page  # one signs out here as everywhere

    def test_it_shows_no_key(self, alices, other):
        for page in (alices.get(URL), alices.get(f"{URL}end/")):
            for row in Session.objects.all():
                assert row.session_key not in page.content.decode()

    def test_it_has_none_that_are_over_and_none_of_others(self, alices, bob):
        sign_in("bob", user_agent="Bobs/1")
        over = timezone.now() - timedelta(seconds=1)
        store = sign_in(user_agent="Old/1").session
        Session.objects.filter(session_key=store.session_key).update(expire_date=over)
        page = alices.get(URL).content.decode()
        assert "Bobs/1" not in page
        assert "Old/1" not in page

    def test_what_calls_itself_by_markup_is_only_text(self, alices, alice):
        sign_in(user_agent="<script>alert(1)</script>")
        assert b"&lt;script&gt;alert" in alices.get(URL).content

    def test_many_take_no_more_queries(self, alices, alice, django_assert_max_num_queries):
        later = timezone.now() + timedelta(1)
        Session.objects.bulk_create(
            Session(session_key=f"key{number}", expire_date=later, owner=alice)
            for number in range(120)
        )
        with django_assert_max_num_queries(QUERIES_MOST):
            page = alices.get(URL).content.decode()
        assert page.count('class="token"') == 100
        assert "These are your latest 100." in page

    def test_visitors_sign_in_first(self, client, db):
        assert client.get(URL)["Location"].startswith("/accounts/login/")


class TestEnd:
    def test_it_ends_that_one_at_once(self, alices, other):
        response = alices.post(f"{URL}{row_of(other).public_id}/end/", follow=True)
        assert "That browser is signed out." in response.content.decode()
        assert not is_in(other)
        assert is_in(alices)

    def test_it_ends_nobody_else_s(self, alices, bob):
        theirs = sign_in("bob")
        assert alices.post(f"{URL}{row_of(theirs).public_id}/end/").status_code == 404
        assert is_in(theirs)

    def test_looking_ends_nothing(self, alices, other):
        assert alices.get(f"{URL}{row_of(other).public_id}/end/").status_code == 405
        assert alices.get(f"{URL}end/").status_code == 200
        assert is_in(other)

    def test_a_request_under_way_does_not_bring_it_back(self, alices, other):
        store = other.session
        assert "_auth_user_id" in store  # it is loaded now
        alices.post(f"{URL}{row_of(other).public_id}/end/")
        store["x"] = 1
        with pytest.raises(UpdateError):
            store.save()
        assert Session.objects.count() == 1


class TestEndOthers:
    def test_it_asks_and_says_how_many(self, alices, alice, other):
        Token.objects.issue(alice)
        page = alices.get(f"{URL}end/").content.decode()
        assert "1 other browser is signed out" in page
        assert "You have 1 token, too" in page

    def test_this_one_stays_and_since_when(self, alices, alice, other):
        began = timezone.now() - timedelta(3)
        Session.objects.update(created_at=began)
        secret = Token.objects.issue(alice)[1]
        assert alices.post(f"{URL}end/").status_code == 302
        assert is_in(alices)
        assert not is_in(other)
        assert alice.sessions.get().created_at == began
        assert Token.objects.recognize(secret)

    def test_programs_too_if_it_is_wished(self, alices, alice, bob, other):
        Token.objects.issue(alice)
        Token.objects.issue(bob)
        page = alices.post(f"{URL}end/", {"programs": "1"}, follow=True)
        assert "all your programs are signed out" in page.content.decode()
        assert not alice.tokens.exists()
        assert bob.tokens.exists()
        assert is_in(alices)

    def test_one_that_is_being_made_by_then_is_no_good(self, alices, alice):
        """It is written after the others are gone, by who was let in before."""
        late, let_in = Client(), dict(alices.session.items())
        alices.post(f"{URL}end/")
        store = SessionStore()
        store.update(let_in)
        store.create()
        late.cookies["sessionid"] = store.session_key
        assert not is_in(late)


class TestWhatElseEndsThem:
    def test_a_new_password_ends_the_others(self, alices, alice, other):
        form = {"old_password": PASSWORD} | dict.fromkeys(
            ["new_password1", "new_password2"], "another-horse-battery"
        )
        assert alices.post("/accounts/password/", form).status_code == 302
        assert is_in(alices)
        assert not is_in(other)
        assert alice.sessions.count() == 1

    def test_one_that_an_admin_sets_ends_all(self, alices, alice):
        alice.set_password("another")
        alice.save()
        assert not Session.objects.exists()
        assert not is_in(alices)

    def test_a_better_hash_ends_none(self, alices, alice, settings):
        settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
            *settings.PASSWORD_HASHERS,
        ]
        assert User.objects.get().check_password(PASSWORD)
        assert alice.sessions.count() == 1

    def test_a_suspension_ends_all(self, alices, alice, bob):
        bob.is_superuser = True
        assert alice.suspend(bob, reason="Spam")
        assert not Session.objects.filter(owner=alice).exists()

    def test_they_go_with_the_account(self, alices, other, alice):
        alices.post("/accounts/delete/", {"password": PASSWORD})
        assert not Session.objects.exclude(owner=None).exists()
        assert not is_in(other)


class TestApi:
    def ask(self, client, method, path="", scopes=("read", "write"), owner=None):
        secret = Token.objects.issue(owner or User.objects.get(username="alice"), scopes)[1]
        headers = {"Authorization": f"Bearer {secret}"}
        return getattr(client, method)(f"/api/v2/me/sessions{path}", headers=headers)

    def test_it_lists_them_without_their_keys(self, client, other):
        response = self.ask(client, "get", "?limit=1")
        (first,) = response.json()["results"]
        assert set(first) == {"id", "created_at", "seen_at", "address", "user_agent"}
        assert first["user_agent"] == FIREFOX
        assert response.json()["next"]
        for row in Session.objects.all():
            assert row.session_key not in response.content.decode()
            assert row.session_key not in response["Link"]
        following = self.ask(client, "get", "?" + response.json()["next"].partition("?")[2])
        assert [each["id"] for each in following.json()["results"]] != [first["id"]]

    def test_it_ends_one(self, client, alices, other):
        path = f"/{row_of(other).public_id}"
        assert self.ask(client, "delete", path, ["read"]).status_code == 403
        assert is_in(other)
        assert self.ask(client, "delete", path).status_code == 204
        assert not is_in(other)
        assert self.ask(client, "delete", path).status_code == 404

    def test_it_ends_all(self, client, alices, alice, other):
        secret = Token.objects.issue(alice)[1]
        assert self.ask(client, "delete").status_code == 204
        assert not is_in(other)
        assert not is_in(alices)
        assert Token.objects.recognize(secret)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
            "Safari on macOS",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64) Something/1", "ChromeOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("Mozilla/5.0 (strange)", "Mozilla/5.0 (strange)"),
        ("", ""),
    ],
)
def test_what_a_browser_is_called(said, words):
    assert browsers.in_words(said) == words


@pytest.mark.parametrize(("sent", "kept"), [("x" * 500, "x" * 200), ("a\0b", "ab"), ("", "")])
def test_what_is_kept_of_what_it_says(rf, sent, kept):
    assert browsers.user_agent(rf.get("/", headers={"User-Agent": sent})) == kept


def test_who_was_signed_in_before_the_migration_stays_so(alices, alice, bob):
    """And what is nobody's any more, or over, goes."""
    migration = import_module("accounts.migrations.0005_sessions")
    Session.objects.filter(owner=alice).update(address="192.0.2.7")
    migration.give_back(apps, None)
    Session.objects.all().delete()
    mine = DjangosSession.objects.get()
    gone = DjangosStore().encode({"_auth_user_id": "999999"})
    visitors = DjangosStore().encode({"kept": "a text"})
    later, earlier = mine.expire_date, timezone.now() - timedelta(1)
    for key, data, ends in (
        ("gone", gone, later),
        ("visitor", visitors, later),
        ("garbled", "no session", later),
        ("over", mine.session_data, earlier),
    ):
        DjangosSession.objects.create(session_key=key, session_data=data, expire_date=ends)
    migration.take_over(apps, None)
    assert is_in(alices)
    row = alice.sessions.get()
    assert timezone.now() - row.created_at < timedelta(minutes=5)
    left = {row.pk: row.owner_id for row in Session.objects.exclude(owner=alice)}
    assert left == {"visitor": None, "garbled": None}
    # Web servers of the version before go on with them.
    assert DjangosStore(mine.pk).get("_auth_user_id") == str(alice.pk)
