import re
import time
import uuid

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver
from redis import Redis
from rest_framework.settings import api_settings

from accounts.models import Token
from conftest import PASSWORD
from microblog.addresses import address
from microblog.limits import RULES

from .servers import frozen


def test_a_large_body_gets_a_page_that_names_the_limit(alices):
    response = alices.post("/", {"body": "x" * 10_000_000})
    assert response.status_code == 413
    assert b"1.0\xc2\xa0MB" in response.content
    assert b"Sign out" in response.content


def test_just_below_the_limit_is_told_at_the_field(alices):
    response = alices.post("/", {"body": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 1_000)})
    assert response.status_code == 200
    assert response.context["form"].errors["body"]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "status"), [("/api/v2/tokens", 411), ("/accounts/login/", 200)])
def test_programs_say_how_long_a_body_is(client, path, status):
    response = client.post(path, "{}", "application/json", headers={"Transfer-Encoding": "chunked"})
    assert response.status_code == status


@pytest.mark.django_db
def test_a_length_that_is_no_number_is_nothing_to_fall_over(client):
    assert client.get("/", CONTENT_LENGTH="x").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("charset", ["utf-7", "latin-1", "utf-16"])
def test_another_charset_gets_a_page_that_says_so(client, kind, charset):
    response = client.post("/", b"body=x", content_type=f"{kind}; boundary=b; charset={charset}")
    assert response.status_code == 400
    assert b"does not understand" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/accounts/register/", "/nothing/"])
def test_the_content_security_policy_is_strict(client, address):
    policy = client.get(address)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert_no_inline(client.get(address))


@pytest.mark.parametrize("address", ["/", "/@alice/", "/exports/", "/nothing/"])
def test_pages_of_mine_need_nothing_inline(alices, address):
    alices.post("/exports/")
    assert_no_inline(alices.get(address))


def assert_no_inline(response):
    page = response.content
    assert b"</html>" in page
    assert b"<style" not in page
    assert b" style=" not in page
    assert not re.search(rb"<[^>]* on[a-z]+=", page)
    assert not re.search(rb"<script(?![^>]* src=)", page)


# How often something may be done


def sign_in(client, username="alice", password="wrong", **extra):
    form = {"username": username, "password": password}
    return client.post("/accounts/login/", form, **extra)


def test_guessing_passwords_comes_to_an_end(client, alice, counting):
    assert [sign_in(client).status_code for _ in range(3)] == [200, 200, 429]
    response = sign_in(client, password=PASSWORD)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 24 * 3600
    assert b"A little slower, please" in response.content
    assert PASSWORD.encode() not in response.content
    assert sign_in(client, "ALICE").status_code == 429  # the same name


def test_a_name_is_one_name_however_it_is_spelled(client, alice, counting):
    spelled = ["alice", "  alice", "ａｌice ", "ALICE"]
    assert [sign_in(client, name).status_code for name in spelled] == [200, 200, 429, 429]


def test_a_question_without_a_body_counts_too(client, db, counting):
    asked = [client.head("/search/", {"q": "x"}).status_code for _ in range(3)]
    assert asked == [200, 200, 429]


def test_nobody_is_locked_out_by_others(client, alice, bob, counting):
    for _ in range(3):
        sign_in(client)
    assert sign_in(client, password=PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302
    assert sign_in(Client(), "bob", PASSWORD).status_code == 302


def test_one_password_for_many_names_comes_to_an_end_too(client, alice, counting):
    statuses = [sign_in(client, f"name{number}").status_code for number in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    assert sign_in(client, password=PASSWORD).status_code == 429
    assert sign_in(client, password=PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_guessing_passwords_of_who_is_signed_in_comes_to_an_end_on_whatever_page(alices, counting):
    pages = ["/accounts/tokens/", "/accounts/delete/", "/accounts/tokens/"]
    form = {"name": "Laptop", "scopes": "read", "password": "wrong"}
    assert [alices.post(page, form).status_code for page in pages] == [200, 200, 429]
    response = alices.post("/accounts/tokens/", form | {"password": PASSWORD})
    assert response.status_code == 429
    assert PASSWORD.encode() not in response.content
    assert alices.get("/accounts/tokens/").status_code == 200


def test_a_profile_can_be_changed_only_so_often(alices, counting):
    form = {"display_name": "Alice"}
    statuses = [alices.post("/accounts/profile/", form).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]
    assert alices.get("/accounts/profile/").status_code == 200


def test_looking_is_not_counted(client, db, counting):
    assert {client.get("/accounts/login/").status_code for _ in range(4)} == {200}


def test_the_admin_s_door_is_the_same_door(client, alice, counting):
    form = {"username": "alice", "password": "wrong"}
    assert [client.post("/admin/login/", form).status_code for _ in range(3)] == [200, 200, 429]
    assert sign_in(client).status_code == 429


def test_registering_is_limited_by_address(client, db, counting):
    assert [client.post("/accounts/register/").status_code for _ in range(3)] == [200, 200, 429]
    other = client.post("/accounts/register/", REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200


def test_registering_by_page_and_by_program_is_one_count(client, db, counting):
    def ask(**extra):
        return client.post("/api/v1/users", {}, "application/json", **extra)

    assert client.post("/accounts/register/").status_code == 200
    assert ask().status_code == 400
    answer = ask()
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/json")
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600
    assert client.post("/accounts/register/").status_code == 429
    assert ask(REMOTE_ADDR="192.0.2.7").status_code == 400
    assert client.get("/api/v1/users").status_code != 429


def test_who_posts_too_often_keeps_the_text(alices, alice, bob, counting):
    statuses = [alices.post("/", {"body": f"Number {n}"}).status_code for n in range(2)]
    assert statuses == [302, 302]
    response = alices.post("/", {"body": "The third <one>"})
    assert response.status_code == 429
    assert b"The third &lt;one&gt;</textarea>" in response.content
    assert alice.posts.count() == 2
    alices.force_login(bob)
    assert alices.post("/", {"body": "Mine"}).status_code == 302


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_about_a_page_and_a_limit(name, settings):
    assert {limit for _, limit, _ in RULES[name]} <= settings.LIMITS.keys()
    app, _, view = name.rpartition(":")
    urls = get_resolver()
    for space in filter(None, app.split(":")):
        urls = urls.namespace_dict[space][1]
    assert view in urls.reverse_dict


def test_searching_is_limited_too(client, db, counting):
    found = [client.get("/search/", {"q": "x"}).status_code for _ in range(3)]
    assert found == [200, 200, 429]


def test_fetching_files_is_limited_by_person(alices, counting, bob):
    address = f"/exports/{uuid.uuid4()}/file/"
    assert [alices.get(address).status_code for _ in range(3)] == [404, 404, 429]
    alices.force_login(bob)
    assert alices.get(address).status_code == 404


def test_webhooks_are_called_only_so_often_because_somebody_asks(alices, counting, bob):
    webhook, delivery = uuid.uuid4(), uuid.uuid4()
    ping = f"/exports/webhooks/{webhook}/ping/"
    again = f"/exports/webhooks/{webhook}/deliveries/{delivery}/redeliver/"
    asked = [alices.post(address).status_code for address in (ping, again, ping, again)]
    assert asked == [404, 404, 429, 429]
    alices.force_login(bob)
    assert alices.post(ping).status_code == 404


def test_beginning_exports_is_limited_by_person(alices, counting, bob):
    asked = ["/exports/", f"/exports/{uuid.uuid4()}/retry/", "/exports/"]
    assert [alices.post(address).status_code for address in asked] == [302, 404, 429]
    assert alices.get("/exports/").status_code == 200
    alices.force_login(bob)
    assert alices.post("/exports/").status_code == 302


def test_beginning_exports_is_limited_for_programs_too(client, alice, counting, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "export", "2/hour")
    headers = {"Authorization": f"Bearer {Token.objects.issue(alice)[1]}"}
    asked = ["", f"/{uuid.uuid4()}/retry", ""]
    statuses = [
        client.post(f"/api/v2/exports{path}", {}, "application/json", headers=headers).status_code
        for path in asked
    ]
    assert statuses == [202, 404, 429]
    assert client.get("/api/v2/exports", headers=headers).status_code == 200


def test_a_limit_of_zero_is_none(alices, counting, settings):
    settings.LIMITS |= {"write": (0, 1)}
    assert {alices.post("/", {"body": "x"}).status_code for _ in range(4)} == {302}


def test_a_window_ends(alices, counting, monkeypatch):
    day = 24 * 3600
    monkeypatch.setattr("microblog.limits.time.time", lambda: 10.5 * day)
    assert [alices.post("/", {"body": "x"}).status_code for _ in range(3)][-1] == 429
    assert alices.post("/", {"body": "x"})["Retry-After"] == str(day // 2)
    monkeypatch.setattr("microblog.limits.time.time", lambda: 11 * day)
    assert alices.post("/", {"body": "x"}).status_code == 302


def test_without_redis_nothing_is_limited(alices, counting):
    counting.stop()
    try:
        assert {alices.post("/", {"body": "x"}).status_code for _ in range(4)} == {302}
    finally:
        counting.start()


def test_a_redis_that_hangs_costs_a_moment_and_only_once(
    alices, counting, settings, caplog, monkeypatch
):
    settings.CACHES = {"default": settings.CACHES["default"] | {"OPTIONS": {}}}  # as on a site
    monkeypatch.setattr("microblog.cache.REST", 60)  # longer than this test takes anywhere
    with frozen(counting.pid):
        begun = time.monotonic()
        cache.get("a")
        assert time.monotonic() - begun < 0.5
        assert {alices.post("/", {"body": "x"}).status_code for _ in range(4)} == {302}
        assert caplog.text.count("The cache is away") == 1


def test_a_cache_that_is_away_is_an_empty_one(counting):
    cache.set("a", 1)
    assert cache.get("a") == 1
    counting.stop()
    try:
        assert cache.get("a", "nothing") == "nothing"
        assert not cache.add("a", 1)
        assert not cache.has_key("a")
        assert cache.get_many(["a"]) == {}
        assert cache.get_or_set("a", 2) == 2
        cache.set_many({"a": 1})
        cache.delete_many(["a"])
        assert not cache.delete("a")
        assert not cache.touch("a")
        assert not cache.clear()
        with pytest.raises(ValueError, match="not found"):
            cache.incr("a")
    finally:
        counting.start()


def test_clearing_the_cache_leaves_the_queue_alone(counting):
    with Redis.from_url(counting.url) as client:
        client.rpush("django_q:microblog:q", "a message")
        cache.set("a", 1)
        cache.clear()
        assert cache.get("a") is None
        assert client.llen("django_q:microblog:q") == 1


@pytest.mark.parametrize(
    ("header", "sent", "found"),
    [
        ("", {"REMOTE_ADDR": "192.0.2.1"}, "192.0.2.1"),
        ("", {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}, "192.0.2.1"),
        ("", {"REMOTE_ADDR": "::ffff:192.0.2.1"}, "192.0.2.1"),  # by a socket for both
        ("", {"REMOTE_ADDR": ""}, ""),  # a socket of Unix
        ("X-Forwarded-For", {"HTTP_X_FORWARDED_FOR": "1.2.3.4, 192.0.2.2"}, "192.0.2.2"),
        ("X-Forwarded-For", {"HTTP_X_FORWARDED_FOR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"),
        ("X-Forwarded-For", {"HTTP_X_FORWARDED_FOR": "nonsense"}, ""),
        ("X-Forwarded-For", {}, ""),
    ],
)
def test_whose_address_counts(rf, settings, header, sent, found):
    settings.PROXY_ADDRESS_HEADER = header
    assert address(rf.get("/", **sent)) == found
