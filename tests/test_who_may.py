"""Who may do what is as who_may.txt says it, and all that can be asked for stands there. Whatever
is answered has the headers that it should have."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.models import User

from . import headers
from .everything import API, PEOPLE, Site, routes

TABLE = Path(__file__).with_name("who_may.txt")
HEADING = ["method", "route", *PEOPLE]
ANY = "any"
REFUSED = {"401", "403", "404", "405", "302L"}
READ_BY_LOOKING = {  # what is there to be read, or to be fetched, is noted as that
    "/messages/received/",
    "/messages/@<username>/",
    "/notifications/<pk>/",
    "/exports/<pk>/",
    "/exports/<pk>/file/",
    "/api/v2/exports/<pk>/download",
}
FROM_ANYWHERE = {  # may be posted to without a token of our own forms
    "/accounts/unsubscribe/<token>/",  # by mail programs (RFC 8058)
    "/api/",  # there is nothing
}
# Of these, one
PRIVATE = re.compile(r"/(?:exports|tasks|tokens|sessions|webhooks|notifications)/<\w+>")
NEW, GONE = "Add to tests/who_may.txt:", "Take out of tests/who_may.txt:"

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Line:
    """What is expected of asking for a route by a method, or by any; `cells` by kinds of people."""

    section: str
    method: str
    route: str
    cells: tuple[str, ...]

    def __str__(self):
        return f"{self.method:7} {self.route} " + " ".join(f"{cell:9}" for cell in self.cells)

    def methods(self, site):
        return sorted(site.methods(self.route)) if self.method == ANY else [self.method]


def parse(text):
    """The lines of a table like who_may.txt. Raises ValueError for what is none."""
    lines, section = [], ""
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and line.split() != HEADING:
            method, route, *cells = line.split()
            if len(cells) != len(PEOPLE):
                raise ValueError(f"It has not one column for each of {', '.join(PEOPLE)}: {raw}")
            lines.append(Line(section, method, route, tuple(cells)))
    return lines


LINES = parse(TABLE.read_text())


@pytest.fixture
def site(db, settings, tmp_path):
    settings.ROOT_URLCONF = "tests.urls_in_debug"
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "1.log").write_text("Subject: Hello\nFrom: a@example.org\n\nText\n")
    return Site()


def not_as_listed(site, lines):
    """Sentences about what there is and is not listed, or is listed and not there."""
    there = set(routes())
    listed = {route: [] for route in sorted(there)}
    for line in lines:
        listed.setdefault(line.route, []).append(line.method)
    for route, methods in listed.items():
        taken = set()
        if route in there:
            taken = {ANY} if methods in ([], [ANY]) else site.methods(route)
        for method in sorted(taken - set(methods)):
            yield f"{NEW} {Line('', method, route, ('?',) * len(PEOPLE))}"
        for method in methods:
            if method not in taken or methods.count(method) > 1:
                yield f"{GONE} {method} {route}"


def not_as_expected(site, line):
    """Sentences about what came of it otherwise than the line says."""
    for method in line.methods(site):
        for kind, cell in zip(PEOPLE, line.cells, strict=True):
            outcome = site.ask(kind, method, line.route)
            for words in headers.wrong(line.route, outcome.response):
                yield f"{method} {line.route} by {kind}: {words}"
            if str(outcome) != cell:
                changed = f" (changed: {', '.join(sorted(outcome.changed))})"
                found = f"{outcome}{changed if outcome.changed else ''}"
                yield f"{method} {line.route} by {kind}: expected {cell}, found {found}"


def test_all_there_is_is_listed(site):
    wrong = list(not_as_listed(site, LINES))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("section", dict.fromkeys(line.section for line in LINES))
def test_what_comes_of_it_is_as_listed(site, section):
    lines = [line for line in LINES if line.section == section]
    wrong = [sentence for line in lines for sentence in not_as_expected(site, line)]
    assert not wrong, "\n".join(wrong)


def test_who_is_refused_changes_nothing():
    wrong = [line for line in LINES if {f"{cell}+" for cell in REFUSED} & set(line.cells)]
    assert not wrong, "\n".join(map(str, wrong))


def test_looking_changes_nothing_but_that_one_has_looked():
    changing = [line for line in LINES if line.method in {"GET", ANY} and "+" in str(line.cells)]
    assert {line.route for line in changing} == READ_BY_LOOKING


def test_what_is_private_is_not_there_for_others():
    private = [line for line in LINES if PRIVATE.search(line.route)]
    assert len(private) > 20
    for line in private:
        cells = dict(zip(PEOPLE, line.cells, strict=True))
        assert cells.pop("anonymous") in {"401", "302L"}, line
        assert not cells.pop("owner").startswith("4"), line
        assert set(cells.values()) == {"404"}, line


def test_pages_take_nothing_that_other_sites_have_sent(site):
    site.client.handler.enforce_csrf_checks = True
    taken = {
        line.route
        for line in LINES
        if not API.match(line.route)
        for method in set(line.methods(site)) - {"GET"}
        if str(site.ask("owner", method, line.route)) != "403"
    }
    assert taken == FROM_ANYWHERE


def change(request, username):
    User.objects.update(about="Changed")
    return HttpResponse()


urlpatterns = [  # of a small site
    path("look/", require_safe(lambda request: HttpResponse())),
    path("change/<username:username>/", change),
]


class TestItself:
    """That it finds what is wrong."""

    @pytest.fixture
    def site(self, site, settings):
        settings.ROOT_URLCONF = __name__
        return site

    def test_what_is_not_listed_is_found(self, site):
        lines = parse("GET /change/<username>/ 200+ 200+ 200+ 200+ 200+ 200+")
        assert [sentence.split("?")[0].split() for sentence in not_as_listed(site, lines)] == [
            [*NEW.split(), "POST", "/change/<username>/"],
            [*NEW.split(), "any", "/look/"],
        ]

    def test_what_is_not_there_or_twice_is_found(self, site):
        routes = [
            "GET /look/",
            "GET /look/",
            "POST /look/",
            "any /change/<username>/",
            "any /gone/",
        ]
        lines = parse("\n".join(f"{route} 200 200 200 200 200 200" for route in routes))
        assert list(dict.fromkeys(not_as_listed(site, lines))) == [
            f"{GONE} GET /look/",
            f"{GONE} POST /look/",
            f"{GONE} any /gone/",
        ]

    def test_what_comes_otherwise_is_found(self, site):
        lines = parse(
            "any /look/ 200 404 200+ 302L ? 200\nPOST /change/<username>/ 200" + " 200+" * 5
        )
        assert [sentence for line in lines for sentence in not_as_expected(site, line)] == [
            "GET /look/ by stranger: expected 404, found 200",
            "GET /look/ by owner: expected 200+, found 200",
            "GET /look/ by follower: expected 302L, found 200",
            "GET /look/ by blocked: expected ?, found 200",
            "POST /change/<username>/ by anonymous: expected 200,"
            " found 200+ (changed: accounts_user)",
        ]

    def test_nothing_is_left_of_it(self, site):
        assert site.ask("owner", "POST", "/change/<username>/").changed
        assert not User.objects.filter(about="Changed").exists()

    def test_a_line_without_all_columns_is_refused(self):
        with pytest.raises(ValueError, match="GET /alerts/ 401"):
            parse("GET /alerts/ 401 200")
