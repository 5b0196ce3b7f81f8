"""Whatever people write and call themselves, pages hold it: nothing sticks out, on any screen."""

import pytest
from django.utils import timezone

from blog.models import Message, Notification, Post, Report
from conftest import make_staff
from exports.formats.index_html import IndexHtml
from exports.models import Export, Webhook
from exports.tests import samples
from tasks import lifecycle
from tasks.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WIDTHS = [320, 1280]
FAMILY = "👨‍👩‍👧‍👦"
NAMES = ["W" * 50, "محمد (Lemons) عبد الرحمن بن أحمد بن محمود", "🏴󠁧󠁢󠁷󠁬󠁳󠁿🇹🇼" + FAMILY * 5, "查" * 50]
WORDS = [
    "w" * 500,
    "שלום hello עולם, 123 456 (למה?) #לימון @alice " + "א" * 400,
    FAMILY * 40 + "🇪🇸" * 20,
    "沒有空格的一句話" * 60,
    "\n".join(f"line {number}" for number in range(40)),
    " ".join(f"#tag{'g' * number}" for number in range(26)),
    "9" * 500,
    f"https://example.org/{'a' * 400}?q={'%F0%9F' * 10}",
]
# What is shown, but lies neither within the page nor within the card that it is in; and blocks out
# of which their words run. What scrolls within itself is let alone.
STICKING_OUT = """() => {
  const FRAMES = "main, #content, article, .post-main, .composer, .message, .conversation, td," +
    ".notification, .alert, .export, .person, .token, .two section, .module, .board-numbers div";
  const shows = (part) => part.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !part.closest(".visually-hidden, [hidden], option, svg, head");
  const clips = (part, until) => {
    for (let at = part.parentElement; at && at !== until.parentElement; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== "visible") return true;
    return false;
  };
  const name = (part) => `${part.tagName.toLowerCase()}#${part.id}.${part.className}`;
  const found = [];
  const wide = document.documentElement.clientWidth;
  for (const part of document.body.querySelectorAll("*")) {
    if (!shows(part)) continue;
    const box = part.getBoundingClientRect();
    if (!box.width || !box.height || box.right < 0) continue;
    if ((box.right > wide + 1 || box.left < -1) && !clips(part, document.body))
      found.push(`${name(part)} is not on the page`);
    const frame = part.parentElement.closest(FRAMES);
    if (!frame || clips(part, frame)) continue;
    const around = frame.getBoundingClientRect();
    if (box.right > around.right + 1 || box.left < around.left - 1)
      found.push(`${name(part)} sticks out of ${name(frame)}`);
    const style = getComputedStyle(part);
    if (style.display !== "inline" && style.overflowX === "visible" && part.clientWidth
        && part.scrollWidth > part.clientWidth + 2 && !part.querySelector(".menu-items, table"))
      found.push(`its words run out of ${name(part)}`);
  }
  if (document.documentElement.scrollWidth > wide) {
    const beyond = [...document.body.querySelectorAll("*")].filter((part) =>
      part.getBoundingClientRect().right > wide && !clips(part, document.body));
    found.push(`one must scroll sideways: ${beyond.slice(-3).map(name).join(", ")}`);
  }
  return [...new Set(found)].slice(0, 5);
}"""


def sticking_out(page, address):
    page.goto(address)
    return [f"{address}: {what}" for what in page.evaluate(STICKING_OUT)]


@pytest.fixture
def odd_people(alice, django_user_model):
    """Who have names and words that are long, or run from right to left, or have no spaces."""
    people = []
    for number, name in enumerate(NAMES):
        username = f"{number}_{'w' * 28}"
        person = django_user_model.objects.create_user(
            username, f"{'m' * 60}{number}@example.org", display_name=name, about=(name * 9)[:280]
        )
        people.append(person)
        person.follows.add(alice)
        alice.follows.add(person)
        Notification.objects.tell(alice, kind="followed", actor=person)
    return people


@pytest.fixture
def question(alice, odd_people):
    """Alice's post; answers to it, and all else that they write to her or of each other."""
    question = Post(author=alice, title="W" * 140, body=WORDS[1])
    question.publish()
    question.revise("א" * 140, WORDS[0])
    for number, words in enumerate(WORDS):
        person = odd_people[number % len(odd_people)]
        Post(author=person, title=(words * 9)[:140].strip(), body=words).publish()
        Post(author=person, body=words, reply_to=question).publish()
        Message.objects.create(sender=person, recipient=alice, body=words)
        Message.objects.create(sender=alice, recipient=person, body=words)
    hidden = Post.objects.filter(author=alice).latest("pk")
    Post.objects.filter(pk=hidden.pk).update(hidden_at=timezone.now(), hidden_why="y" * 200)
    alice.mutes.add(odd_people[0])
    return question


@pytest.fixture
def export(alice, question):
    """One that is under way, with more to do than anybody wrote."""
    export = Export.objects.start(alice)[0]
    claimed = lifecycle.claim(export.task.job, export.task_id)
    Task.objects.filter(pk=claimed.pk).update(phase="writing", done=10**14, total=10**15)
    return export


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_hold_whatever_people_write(open_as, alice, odd_people, question, export, width):
    webhook = Webhook.objects.register(alice, f"https://example.org/{'h' * 150}", ["export.failed"])
    page = open_as(alice, expected=["404"], viewport={"width": width, "height": 800})
    found = []
    addresses = ["/", "/explore/", "/mentions/", question.get_absolute_url()]
    addresses += [f"{question.get_absolute_url()}{room}/" for room in ("edit", "history", "delete")]
    addresses += ["/messages/", "/messages/received/", "/messages/sent/", "/notifications/"]
    addresses += [f"/search/?q={'W' * 50}", "/search/?q=www", "/tags/tag/", "/people/hidden/"]
    addresses += ["/accounts/profile/", "/accounts/email/", "/@alice/followers/", "/nothing/"]
    addresses += ["/exports/", export.get_absolute_url(), f"/exports/webhooks/{webhook.pk}/"]
    for person in odd_people:
        name = person.username
        addresses += [f"/@{name}/", f"/@{name}/followers/", f"/messages/@{name}/"]
    for address in addresses:
        found += sticking_out(page, address)
    assert not found


@pytest.mark.parametrize("width", WIDTHS)
def test_so_do_those_of_admins(open_as, alice, odd_people, question, export, width):
    admin = make_staff("admin")
    admin.is_superuser = True
    admin.save()
    other = Post.objects.filter(author=odd_people[0]).latest("pk")
    Report(reporter=alice, reason="spam", words="w" * 500).send(other)
    Report(reporter=alice, reason="spam", words=WORDS[3]).send(odd_people[1])
    Task.objects.update(state="failed", reason="r" * 50, ended_at=timezone.now())
    page = open_as(admin, viewport={"width": width, "height": 800})
    found = []
    case = other.cases.get()
    for address in (
        "blog/case/",
        f"blog/case/{case.pk}/change/",
        "blog/post/",
        f"blog/post/{other.pk}/change/",
        "accounts/user/",
        f"accounts/user/{odd_people[1].pk}/change/",
        "tasks/task/",
        f"tasks/task/{export.task_id}/change/",
        "tasks/task/board/",
    ):
        found += sticking_out(page, f"/admin/{address}")
    assert not found


@pytest.mark.parametrize("width", WIDTHS)
def test_so_does_the_page_of_an_archive(browser, tmp_path, width):
    path = tmp_path / "index.html"
    items = [samples.full(words, number) for number, words in enumerate(WORDS, 1)]
    path.write_bytes(samples.write(IndexHtml, items))
    page = browser.new_page(viewport={"width": width, "height": 800})
    found = sticking_out(page, path.as_uri())
    page.close()
    assert not found
