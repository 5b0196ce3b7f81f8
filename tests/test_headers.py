"""What every answer tells browsers, of whatever kind it is."""

from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import Token
from accounts.tests.photos import photo
from conftest import PASSWORD
from exports import links
from exports.jobs import export_posts
from exports.models import Export

from .headers import AS_A_FILE, AS_A_PICTURE, ASKED_ANEW, OURS, SIGN, expected, inline_in, said


@pytest.fixture
def export(alice):
    export, _ = Export.objects.start(alice)
    export_posts(str(export.task_id))
    export.refresh_from_db()
    return export


@pytest.fixture
def file(export):
    """Where its file is."""
    return f"/exports/{export.pk}/file/?{urlsplit(links.make(export)).query}"


@pytest.fixture
def root(bob):
    """A client in which an admin is signed in."""
    type(bob).objects.update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def bearer(alice):
    return {"Authorization": f"Bearer {Token.objects.issue(alice)[1]}"}


def get(address, **headers):
    return lambda client, have: client.get(address, headers=headers)


def post(address, **form):
    return lambda client, have: client.post(address, form)


def of_file(**headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda client, have: client.get(have("file"), headers=headers)


def by_admin(address):
    return lambda client, have: have("root").get(address)


def by_program(address):
    return lambda client, have: client.get(address, headers=have("bearer"))


def without_its_token(client, have):
    return Client(enforce_csrf_checks=True).post("/accounts/login/")


def too_often(client, have):
    have("counting")
    return [client.get("/search/?q=x") for _ in range(3)][-1]


def of_a_program_too_often(client, have):
    have("counting")
    form = {"username": "alice", "password": "wrong"}
    return [client.post("/api/v1/login", form, "application/json") for _ in range(3)][-1]


def with_mail_away(client, have):
    have("settings").EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    have("settings").EMAIL_HOST, have("settings").EMAIL_PORT = "127.0.0.1", 1
    return client.post("/accounts/password-reset/", {"email": "alice@example.com"})


def uploaded(client, have):
    have("alice").change_avatar(photo())
    return client.get("/@alice/avatar/")


def picture_again(client, have):
    etag = client.get("/@alice/avatar/")["ETag"]
    return client.get("/@alice/avatar/", headers={"If-None-Match": etag})


def version_of_picture(client, have):
    return client.get(have("alice").avatar_url)


def small_picture(client, have):
    have("alice").change_avatar(photo())
    return client.get(have("alice").small_avatar_url)


def again(address):
    """Asked for by somebody who has it."""

    def ask(client, have):
        etag = client.get(address)["ETag"]
        return client.get(address, headers={"If-None-Match": etag})

    return ask


def file_again(client, have):
    etag = client.head(have("file"))["ETag"]
    return client.get(have("file"), headers={"If-None-Match": etag})


def file_by_program(client, have):
    address = f"/api/v2/exports/{have('export').pk}/download"
    return client.get(address, headers=have("bearer"))


def key_that_is_wrong(client, have):
    return client.get(f"/exports/{have('export').pk}/file/?key=x")


ANSWERS = {  # by what it is: how it is asked for, its status, and in what it differs
    "a page": (get("/explore/"), 200, {}),
    "a page for visitors": (lambda client, have: Client().get("/explore/"), 200, {}),
    "the sign-in": (lambda client, have: Client().get("/accounts/login/"), 200, {}),
    "messages": (get("/messages/"), 200, {}),
    "exports": (get("/exports/"), 200, {}),
    "a form that is refused": (post("/", body=""), 200, {}),
    "a page that leads on": (post("/", body="Hello"), 302, {}),
    "a fragment": (get("/alerts/"), 200, {}),
    "a fragment again": (again("/alerts/"), 304, {}),
    "400": (get("/mishap/400/"), 400, {}),
    "400: another host": (get("/", Host="evil.example.com"), 400, {}),
    "403": (get("/mishap/403/"), 403, {}),
    "403: an old form": (without_its_token, 403, {}),
    "404": (get("/nothing/"), 404, {}),
    "404 of the admin": (by_admin("/admin/nothing/"), 404, {}),
    "405": (get("/notifications/read/"), 405, {}),
    "413": (post("/", body="x" * 2_000_000), 413, {}),
    "429": (too_often, 429, {}),
    "500": (get("/mishap/500/"), 500, {}),
    "503": (with_mail_away, 503, {}),
    "the admin": (by_admin("/admin/"), 200, {}),
    "people in the admin": (by_admin("/admin/accounts/user/"), 200, {}),
    "the task board": (by_admin("/admin/tasks/"), 200, {}),
    "the reference of the API": (get("/api/docs/"), 200, {}),
    "the API": (by_program("/api/v2/me"), 200, {}),
    "the API: 401": (get("/api/v2/me"), 401, {}),
    "the API: 404": (get("/api/v9/"), 404, {}),
    "the API: 429": (of_a_program_too_often, 429, {}),
    "a feed": (get("/@alice/feed.atom"), 200, {}),
    "a feed again": (again("/@alice/feed.json"), 304, {}),
    "the manifest": (get("/manifest.webmanifest"), 200, {}),
    "the sitemap": (get("/sitemap.xml"), 200, {}),
    "robots.txt": (get("/robots.txt"), 200, {}),
    "security.txt": (get("/.well-known/security.txt"), 200, {}),
    "a drawn picture": (get("/@alice/avatar/"), 200, AS_A_PICTURE),
    "an uploaded picture": (uploaded, 200, AS_A_PICTURE),
    "a picture again": (picture_again, 304, AS_A_PICTURE),
    "a version of a picture": (version_of_picture, 200, AS_A_PICTURE),
    "a small picture": (small_picture, 200, AS_A_PICTURE),
    "a file": (of_file(), 200, AS_A_FILE),
    "a part of a file": (of_file(Range="bytes=1-9"), 206, AS_A_FILE),
    "no part of a file": (of_file(Range="bytes=999999-"), 416, AS_A_FILE),
    "a file again": (file_again, 304, AS_A_FILE),
    "a file for a program": (file_by_program, 200, AS_A_FILE),
    "a wrong key of a file": (key_that_is_wrong, 403, {}),
    "what is static": (get("/static/css/site.css"), 200, OURS),
    "a sign of life": (get("/healthz/"), 200, SIGN),
    "the metrics": (get("/metrics"), 404, SIGN),
}


KEPT_NOWHERE = "private, no-store"
OF_DJANGO = "max-age=0, no-cache, no-store, must-revalidate, private"
FOR_ALL = "public, max-age=3600"
CACHING = {  # where it is another one than for most: `ASKED_ANEW`
    "the sign-in": OF_DJANGO,
    "the admin": OF_DJANGO,
    "people in the admin": OF_DJANGO,
    "the task board": OF_DJANGO,
    "robots.txt": FOR_ALL,
    "security.txt": FOR_ALL,
    "the manifest": FOR_ALL,
    "a drawn picture": "public, no-cache",
    "an uploaded picture": "public, no-cache",
    "a picture again": "public, no-cache",
    "a version of a picture": "public, max-age=31536000, immutable",
    "a small picture": "public, max-age=31536000, immutable",
    "a file": KEPT_NOWHERE,
    "a part of a file": KEPT_NOWHERE,
    "no part of a file": KEPT_NOWHERE,
    "a file again": KEPT_NOWHERE,
    "a wrong key of a file": KEPT_NOWHERE,
    "what is static": "max-age=60, public",  # in development; tests/test_weight.py has the other
    "a sign of life": "no-store",
    "the metrics": "no-store",
}


@pytest.mark.urls("tests.urls_of_mishaps")
@pytest.mark.parametrize("what", ANSWERS)
def test_every_kind_of_answer_says_it(alices, settings, request, what):
    settings.SECURITY_CONTACT = ["mailto:security@example.org"]
    alices.raise_request_exception = False
    ask, status, deviating = ANSWERS[what]
    response = ask(alices, request.getfixturevalue)
    if response.streaming:
        response.getvalue()
    assert response.status_code == status
    assert said(response) == expected(deviating)
    assert inline_in(response) == []
    assert response["Cache-Control"] == CACHING.get(what, ASKED_ANEW)


def test_what_is_uploaded_or_taken_out_is_called_what_it_is(alices, alice, export, file):
    assert alices.get("/@alice/avatar/")["Content-Disposition"] == 'inline; filename="alice.svg"'
    alice.change_avatar(photo())
    picture = alices.get("/@alice/avatar/")
    assert picture["Content-Disposition"] == 'inline; filename="alice.webp"'
    assert picture["Content-Type"] == "image/webp"
    response = alices.get(file)
    response.getvalue()
    assert response["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_a_file_that_the_web_server_sends_has_them_too(alices, file, settings, server):
    settings.EXPORT_SENDFILE = server
    response = alices.get(file)
    assert said(response) == expected(AS_A_FILE)
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.django_db
def test_by_https_browsers_are_told_to_stay_with_it(client, settings):
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    told = client.get("/explore/", secure=True)["Strict-Transport-Security"]
    assert told == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.django_db
def test_without_https_nobody_gets_a_page_in_production(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/accounts/login/")
    assert (response.status_code, response["Location"][:6]) == (301, "https:")


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "known"])
def test_cookies_are_for_no_other_site_and_no_script(client, alice, settings, cookie):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    form = {"username": "alice", "password": PASSWORD}
    told = client.post("/accounts/login/", form).cookies[cookie]
    assert told["secure"]
    assert told["samesite"] == "Lax"
    assert bool(told["httponly"]) == (cookie != "csrftoken")


def test_what_is_inline_would_be_found():
    page = HttpResponse(
        "<style>a{}</style><p onclick=x><script>x</script><a href='javascript:x'>".replace("'", '"')
    )
    assert inline_in(page) == ["style", "handler", "script", "address"]
    data = '<script type="application/json">{}</script><script src="/a.js"></script>'
    assert inline_in(HttpResponse(data)) == []
