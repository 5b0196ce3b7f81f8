"""Every page that the site can show, and what axe finds on one.

    settings.ROOT_URLCONF = "tests.urls_of_all_pages"
    for name, path, who in pages(folder):
        come_in(context, who, site)
        page.goto(urljoin(site, path))
        violations(page)

It makes people, posts and so on in the database, which should have none, as tests do: with Django's
`setup_test_environment()`.
"""

from dataclasses import replace

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import translation

from accounts import mail
from accounts.models import User
from blog import jobs
from blog.models import Message
from conftest import make_person, sign_in
from exports import contents, delivery
from exports.formats.index_html import IndexHtml
from exports.models import Export
from exports.tests.samples import ABOUT, POSTS

from .everything import PEOPLE, Site, routes

VISITOR, OWNER, STRANGER, NEWCOMER, ADMIN = "", "alice", "bob", "newcomer", "root"
KINDS = {name or VISITOR: kind for kind, name in PEOPLE.items()} | {NEWCOMER: NEWCOMER}
NUMBERS = ["400", "403", "403_csrf", "404", "413", "429", "500", "503"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL = {"runOnly": TAGS, "rules": {"target-size": {"enabled": True}}}
# Landmarks and headings are for pages; mail programs have their own around a mail.
IN_MAIL = ALL | {"runOnly": TAGS[:-1]}
# Of another theme all else is the same. These are what takes axe the longest.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Of another language, what has words or lacks them; all else is the same.
WORDS = {
    "runOnly": {
        "type": "rule",
        "values": [
            *("document-title", "html-has-lang", "html-lang-valid", "valid-lang", "empty-heading"),
            *("button-name", "link-name", "label", "select-name", "summary-name", "image-alt"),
            *("aria-command-name", "aria-input-field-name", "aria-toggle-field-name"),
            *("aria-progressbar-name", "landmark-unique", "target-size"),
        ],
    }
}
# Of Django's admin: widgets that it draws by scripts of its own; and the box of the search, whose
# label is a picture, which axe takes for no words.
DJANGOS = [".selector", ".datetime", ".inline-group", "#searchbar"]
RUN = """async ([exclude, options]) => {
    const { violations } = await axe.run(
        { include: [["html"]], exclude: exclude.map((each) => [each]) },
        { resultTypes: ["violations"], ...options },
    );
    const show = ({ target, html }) => `${target.join(" ")} ${html.slice(0, 160)}`;
    return violations.map(({ id, impact, nodes }) => [id, impact, nodes.map(show)]);
}"""


def pages(folder, people=(VISITOR, OWNER, STRANGER, NEWCOMER, ADMIN)):
    """(name, path, who) of each page, by who sees it: the name of a person, or none, for visitors.
    The name of most is their route. The path of what is no page of the site, but a mail or out of
    an archive, is that of a file in the folder, with file://.

    A new route is here by itself; tests/everything.py has to know what stands in its address.
    """
    site = everything()
    found = []
    if VISITOR in people:
        found += [(name, path.as_uri(), VISITOR) for name, path in documents(site, folder)]
    for who in people:
        found += [
            (name, f"/mishap/show/{name}/", who) for name in NUMBERS if who in (VISITOR, OWNER)
        ]
        for route in routes(get_resolver("tests.urls_in_debug")):
            if is_seen_by(who, route):
                response = site.ask(KINDS[who], "GET", route).response
                if is_page(response):
                    found.append((route, response.request["PATH_INFO"] + _query(response), who))
    return found


def everything():
    """The site that tests/everything.py makes, and somebody who has just come to it."""
    site = Site()
    site.people[NEWCOMER] = make_person(NEWCOMER)
    client = Client()
    client.force_login(site.people[NEWCOMER])
    site.sessions[NEWCOMER] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return site


def is_seen_by(who, route):
    """Whether this person may see something there that nobody before them has seen."""
    if route.startswith("/api/"):
        return route == "/api/docs/" and who == VISITOR
    if route.startswith("/admin/auth/"):
        return False  # Django's own
    if route.startswith("/admin/"):
        return who == ADMIN or (who == VISITOR and route == "/admin/login/")
    is_about_owner = "<username>" in route or route.startswith("/posts/")
    has_nothing = "<" not in route and not route.startswith(("/accounts/", "/mail/"))
    return {ADMIN: False, STRANGER: is_about_owner, NEWCOMER: has_nothing}.get(who, True)


def is_page(response):
    """A whole page; not a fragment, a file, or what leads to another page or takes only POST."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return (
        response.status_code == 200
        and is_html
        and not response.streaming
        and b"</html>" in response.content
        and "sandbox" not in response.headers.get("Content-Security-Policy", "")
    )


def documents(site, folder):
    """(name, file) of the HTML that leaves the site, in each language: archives' and mails."""
    posts = [each for each in POSTS if each.get("title", "Lemons").strip()]
    for language, _ in settings.LANGUAGES:
        archive = folder / f"index-{language}.html"
        with translation.override(language):
            words = {phrase: str(said) for phrase, said in contents.WORDS.items()}
        about = replace(ABOUT, language=language, words=words)
        archive.write_bytes(b"".join(IndexHtml(about).pieces([posts])))
        yield f"index.html, {language}", archive
        for name, message in mails(site, language):
            file = folder / f"{name}-{language}.html"
            file.write_text(message.alternatives[0][0])
            yield f"mail: {name}, {language}", file


def mails(site, language):
    """(name, message) of each mail, to people who read this language."""
    User.objects.update(language=language)
    alice, bob = (User.objects.get(username=name) for name in (OWNER, STRANGER))
    export = Export.objects.select_related("owner").get(pk=site.export.pk)
    message = Message.objects.select_related("recipient").get(pk=site.received.pk)
    with translation.override(language):
        yield "password_reset", mail.password_reset(user=alice, uid="MQ", token="none")
        yield "confirm_email", mail.confirm_email(alice, "a@example.org")
        yield "notice", mail.notice_of_email(alice, "a@example.org")
        yield "new_post", jobs.compose(site.post, bob)
        yield "new_message", jobs.compose_message(message)
        yield "ready", delivery.compose(export)
        yield "reminder", delivery.compose_reminder(export)
    User.objects.update(language=settings.LANGUAGE_CODE)


def come_in(context, who, url):
    """Sign this person in at this site, or nobody, in a context of a browser."""
    context.clear_cookies()
    if who:
        client = Client()
        client.force_login(User.objects.get(username=who))
        sign_in(context, client, url)


def violations(page, options=ALL):
    """(rule, impact, the nodes that break it) of what axe finds on what the page shows."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    return [tuple(each) for each in page.evaluate(RUN, [DJANGOS, options])]


def _query(response):
    query = response.request["QUERY_STRING"]
    return f"?{query}" if query else ""
