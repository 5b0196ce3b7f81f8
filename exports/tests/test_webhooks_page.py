"""Webhooks, as people register them and see what became of them."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from exports import jobs
from exports.models import Delivery, Webhook
from exports.models.webhooks import Event
from tasks.models import Task

URL = "/exports/webhooks/"
HOOK = "https://example.org/hook?key=1"
GIVEN = {"url": HOOK, "events": ["export.succeeded", "export.failed"]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(alice):
    return Webhook.objects.register(alice, HOOK, [Event.SUCCEEDED])


@pytest.fixture
def delivery(webhook):
    return webhook.tell("export.succeeded", {"id": "1"})


@pytest.fixture
def one(webhook):
    """The address of its page."""
    return f"{URL}{webhook.pk}/"


def end(*deliveries, state="succeeded", **fields):
    """Let them have come to this end."""
    pks = [each.pk for each in deliveries]
    Task.objects.filter(pk__in=[each.task_id for each in deliveries]).update(state=state)
    Delivery.objects.filter(pk__in=pks).update(**{"attempts": 1} | fields)


def shown(client, address) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return words(answer)


def words(answer) -> str:
    """What stands on the page."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def errors(answer) -> dict:
    return answer.context["form"].errors


class TestRegister:
    def test_the_secret_is_shown_once_and_on_no_other_page(self, alices, alice):
        answer = alices.post(URL, GIVEN)
        webhook = alice.webhooks.get()
        assert (webhook.url, webhook.events) == (HOOK, "export.failed export.succeeded")
        assert (answer.status_code, answer["Location"]) == (302, f"{URL}{webhook.pk}/")
        assert webhook.secret not in alices.session.values()
        alices.head(answer["Location"])  # is not looking at it
        answer = alices.get(answer["Location"])
        assert webhook.secret in words(answer)
        assert "no-store" in answer["Cache-Control"]
        assert "/accounts/language/" not in answer.content.decode()  # which would show another page
        assert "Microblog-Signature" in words(answer)
        assert "HMAC-SHA256" in words(answer)
        for address in (URL, f"{URL}{webhook.pk}/", f"{URL}{webhook.pk}/delete/", "/exports/"):
            assert webhook.secret not in alices.get(address).content.decode()

    def test_each_new_one_shows_its_own(self, alices, alice):
        pages = [alices.post(URL, GIVEN | {"url": f"{HOOK}{n}"})["Location"] for n in range(2)]
        second, first = alice.webhooks.all()
        assert second.secret in words(alices.get(pages[1]))
        assert first.secret not in words(alices.get(pages[0]))

    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/",
            "example.org",
            "https://localhost/",
            "https://127.0.0.1:8000/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/",
            "https://user@example.org/",
            "https://example.org/a b",
            "https://example.org/#part",
            "https://example.org/\0",
            "https://example.org/\ud800",
            "https://example.org/" + "a" * 500,
            "https://example.org?" + "a" * 480,
            '"><script>alert(1)</script>',
            "a" * 100_000,
        ],
    )
    def test_what_the_api_refuses_is_said_at_the_field_and_stays(self, alices, url):
        sent = url.encode(errors="surrogatepass")
        body = urlencode({"url": sent, "events": "export.failed"})
        answer = alices.post(URL, body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
        assert list(errors(answer)) == ["url"]
        assert answer.context["form"]["url"].value() == sent.decode(errors="replace")
        page = answer.content.decode()
        assert "<script>alert" not in page
        assert re.findall(r'value="(export\.\w+)"[^>]* checked', page) == ["export.failed"]
        assert not Webhook.objects.exists()

    @pytest.mark.parametrize("events", [[], [""], ["ping"], ["export.failed", "x" * 9_000]])
    def test_no_event_or_an_unknown_one_is_said_at_the_field(self, alices, events):
        answer = alices.post(URL, {"url": HOOK, "events": events})
        assert list(errors(answer)) == ["events"]
        assert f'value="{HOOK}"' in answer.content.decode()
        assert 'id="id_events_error"' in answer.content.decode()
        assert not Webhook.objects.exists()

    @pytest.mark.parametrize("given", [{}, {"url": "https://localhost/"}])
    def test_all_that_is_wrong_is_said_at_once(self, alices, given):
        assert sorted(errors(alices.post(URL, given))) == ["events", "url"]

    def test_spaces_of_a_clipboard_do_not_matter(self, alices, alice):
        alices.post(URL, GIVEN | {"url": f" {HOOK}\n"})
        assert alice.webhooks.get().url == HOOK

    def test_ten_are_enough(self, alices, alice):
        for number in range(Webhook.MOST):
            Webhook.objects.register(alice, f"https://example.org/{number}", [Event.FAILED])
        answer = alices.post(URL, GIVEN)
        assert "You can have 10 webhooks, and have them." in words(answer)
        assert f'value="{HOOK}"' in answer.content.decode()
        assert alice.webhooks.count() == Webhook.MOST

    def test_getting_registers_nothing(self, alices):
        alices.get(URL, GIVEN)
        assert not Webhook.objects.exists()

    def test_it_wants_the_csrf_token(self, alice):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post(URL, GIVEN).status_code == 403
        assert not Webhook.objects.exists()

    def test_it_rejects_other_methods(self, alices):
        assert alices.put(URL).status_code == 405

    def test_it_asks_visitors_to_sign_in(self, client):
        for answer in (client.get(URL), client.post(URL, GIVEN)):
            assert answer["Location"].startswith("/accounts/login/")
        assert not Webhook.objects.exists()


class TestList:
    def test_the_exports_lead_to_it(self, alices):
        assert f'href="{URL}"' in alices.get("/exports/").content.decode()

    def test_it_says_what_is_called_when_and_how_it_went(self, alices, webhook, delivery, one):
        end(delivery, attempts=2, status=500, error="status", duration_ms=12)
        end(webhook.ping(), status=204, duration_ms=7)
        page = shown(alices, URL)
        assert f'href="{one}"' in alices.get(URL).content.decode()
        assert f"{HOOK} Active It is called when: An export is there to be fetched." in page
        assert "to be fetched. The last call:" in page
        assert "1 attempt · answered with 204 after 7 ms Delivered" in page
        assert "500" not in page
        assert "An export has failed." not in page.partition("A new webhook")[0]

    def test_one_that_was_never_called_is_no_fault(self, alices, webhook):
        assert "It was not called yet" in shown(alices, URL)

    def test_it_says_why_one_is_not_called_any_more(self, alices, alice, webhook):
        webhook.change(active=False)
        page = shown(alices, URL)
        assert f"{HOOK} Disabled It is not called, until you enable it again:" in page
        webhook.change(active=True)
        ago = timezone.now() - timedelta(hours=1)
        end(webhook.tell("export.succeeded", {}), error="gone", status=410, attempted_at=ago)
        Webhook.objects.update(disabled_at=ago)
        page = shown(alices, URL)
        assert f"{HOOK} Disabled It answered that it is gone for good (410)" in page
        assert "until you enable it" not in page
        assert page.count("gone for good") == 1

    def test_it_shows_mine_only(self, alices, bob, webhook):
        Webhook.objects.register(bob, "https://bob.example/", [Event.FAILED])
        assert "bob.example" not in shown(alices, URL)

    @pytest.mark.parametrize("rows", [1, 10])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, alices, alice, rows, django_assert_num_queries
    ):
        for number in range(rows):
            url = f"https://example.org/{number}"
            webhook = Webhook.objects.register(alice, url, [Event.FAILED])
            for _ in range(rows):
                webhook.ping()
        # session, user, webhooks, their deliveries; what waits
        with django_assert_num_queries(5):
            alices.get(URL)


class TestOne:
    def test_it_has_the_log(self, alices, webhook, delivery, one):
        end(delivery, attempts=5, status=500, error="status", duration_ms=12, state="failed")
        page = shown(alices, one)
        assert "An export is there to be fetched. Failed" in page
        assert "5 attempts · answered with 500 after 12 ms It answered with a status" in page
        assert "Call it again" in page

    def test_nothing_yet(self, alices, one):
        assert "Nothing yet." in shown(alices, one)

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            ("no_address", "Its host name is not known."),
            ("not_public", "not public"),
            ("no_connection", "could not be reached"),
            ("no_tls", "certificate"),
            ("too_slow", "too long"),
            ("no_http", "no HTTP"),
            ("interrupted", "interrupted on our side"),
        ],
    )
    def test_what_went_wrong_is_said_in_words(self, alices, delivery, one, error, said):
        end(delivery, error=error)
        assert said in shown(alices, one)

    def test_what_is_tried_again_says_when(self, alices, delivery, one):
        Delivery.objects.update(attempts=1, error="too_slow")
        soon = timezone.now() + timedelta(seconds=40)
        Task.objects.update(reason="not_taken", not_before=soon)
        page = shown(alices, one)
        assert "An export is there to be fetched. Pending" in page
        assert "It took too long to answer. It is tried again by itself:" in page
        assert "Call it again" not in page

    def test_what_was_not_called_says_so(self, alices, delivery, one):
        end(delivery, attempts=0)
        assert "It was not called" in shown(alices, one)

    def test_what_is_under_way_is_looked_after(self, alices, webhook, delivery, one):
        assert 'hx-trigger="every 5s"' in alices.get(one).content.decode()
        end(delivery)
        assert "hx-trigger" not in alices.get(one).content.decode().partition("<h1>")[2]

    def test_the_log_has_pages(self, alices, webhook, one):
        made = [webhook.ping() for _ in range(30)]
        first = alices.get(one)
        (older,) = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())
        second = alices.get(one + older)
        found = [each for page in (first, second) for each in page.context["deliveries"]]
        assert [len(page.context["deliveries"]) for page in (first, second)] == [25, 5]
        assert {each.pk for each in found} == {each.pk for each in made}
        assert 'rel="next"' not in second.content.decode()

    @pytest.mark.parametrize("before", ["", "x", "1", "\0", "9" * 5_000, "0" * 32, "²" * 32])
    def test_what_names_no_page_is_the_first_one(self, alices, delivery, one, before):
        answer = alices.get(one, {"before": before})
        assert answer.context["deliveries"] == [delivery]

    @pytest.mark.parametrize("rows", [3, 30])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, alices, webhook, one, rows, django_assert_num_queries
    ):
        last = [webhook.ping() for _ in range(rows)][-1]
        # session, user, webhook, deliveries; what waits
        with django_assert_num_queries(5):
            alices.get(one)
        with django_assert_num_queries(6):
            alices.get(one, {"before": last.pk})

    def test_its_address_may_have_what_html_has(self, alices, alice):
        url = "https://example.org/?a=%22&b=<script>'"
        webhook = Webhook.objects.register(alice, url, [Event.FAILED])
        for address in (URL, f"{URL}{webhook.pk}/", f"{URL}{webhook.pk}/delete/"):
            page = alices.get(address).content.decode()
            assert "b=<script>" not in page
            assert "b=&lt;script&gt;" in page


class TestPing:
    def test_it_is_called_and_the_page_says_what_came_of_it(self, alices, alice, receiver):
        webhook = Webhook.objects.register(alice, receiver.url, [Event.FAILED])
        answer = alices.post(f"{URL}{webhook.pk}/ping/", follow=True)
        assert answer.redirect_chain == [(f"{URL}{webhook.pk}/", 302)]
        assert "A call to try it out. Pending" in words(answer)
        jobs.call_webhook(str(Delivery.objects.get().task_id))
        page = shown(alices, f"{URL}{webhook.pk}/")
        assert "A call to try it out. Delivered" in page
        assert "1 attempt · answered with 200 after" in page
        assert len(receiver.requests) == 1

    def test_not_one_that_is_disabled(self, alices, webhook, one):
        webhook.change(active=False)
        assert "Try it out" not in shown(alices, one)
        answer = alices.post(f"{one}ping/", follow=True)
        assert "Enable it first." in words(answer)
        assert not Delivery.objects.exists()


class TestRedeliver:
    @pytest.fixture
    def url(self, delivery, one):
        return f"{one}deliveries/{delivery.pk}/redeliver/"

    def test_it_is_called_again(self, alices, delivery, one, url):
        end(delivery, error="too_slow")
        assert f'action="{url}"' in alices.get(one).content.decode()
        answer = alices.post(url, follow=True)
        assert answer.redirect_chain == [(one, 302)]
        assert "Pending" in words(answer)
        assert Task.objects.filter(state="queued").count() == 1
        assert Delivery.objects.count() == 1

    def test_pressing_twice_calls_it_once_and_says_so(self, alices, delivery, url):
        end(delivery, error="too_slow")
        alices.post(url)
        assert "under way already" in words(alices.post(url, follow=True))
        assert Task.objects.filter(state="queued").count() == 1

    def test_not_one_that_is_disabled(self, alices, webhook, delivery, one, url):
        end(delivery, error="too_slow")
        webhook.change(active=False)
        assert "Call it again" not in shown(alices, one)
        assert "Enable it first." in words(alices.post(url, follow=True))

    def test_one_of_another_webhook_is_not_there(self, alices, alice, delivery):
        other = Webhook.objects.register(alice, HOOK, [Event.FAILED])
        address = f"{URL}{other.pk}/deliveries/{delivery.pk}/redeliver/"
        assert alices.post(address).status_code == 404


class TestDisable:
    def test_and_enable(self, alices, webhook, one):
        page = words(alices.post(f"{one}disable/", follow=True))
        assert "Disabled" in page
        assert "Enable it" in page
        disabled_at = Webhook.objects.get().disabled_at
        assert disabled_at
        alices.post(f"{one}disable/")
        assert Webhook.objects.get().disabled_at == disabled_at
        page = words(alices.post(f"{one}enable/", follow=True))
        assert "Disabled" not in page
        assert Webhook.objects.get().active
        alices.post(f"{one}enable/")
        assert Webhook.objects.get().active


class TestDelete:
    def test_it_asks_first(self, alices, webhook, one):
        assert f'href="{one}delete/"' in alices.get(one).content.decode()
        page = shown(alices, f"{one}delete/")
        assert "Delete this webhook?" in page
        assert HOOK in page
        assert Webhook.objects.exists()

    def test_it_works(self, alices, delivery, one):
        answer = alices.post(f"{one}delete/", follow=True)
        assert answer.redirect_chain == [(URL, 302)]
        assert "The webhook is deleted." in words(answer)
        assert not Webhook.objects.exists()
        assert not Delivery.objects.exists()
        assert alices.post(f"{one}delete/").status_code == 404


ACTS = ["ping/", "enable/", "disable/", "delete/", "deliveries/{delivery}/redeliver/"]


class TestWhoMayNot:
    @pytest.mark.parametrize("act", ["", *ACTS])
    def test_what_is_another_s_is_not_there(self, client, bob, webhook, delivery, one, act):
        end(delivery)
        client.force_login(bob)
        ask = client.post if act else client.get
        assert ask(one + act.format(delivery=delivery.pk)).status_code == 404
        assert client.get(f"{one}delete/").status_code == 404
        assert Webhook.objects.get().active
        assert Delivery.objects.count() == 1
        assert not Task.objects.filter(state="queued").exists()

    @pytest.mark.parametrize("act", ["", *ACTS])
    def test_visitors_are_asked_to_sign_in(self, client, delivery, one, act):
        ask = client.post if act else client.get
        answer = ask(one + act.format(delivery=delivery.pk))
        assert answer["Location"].startswith("/accounts/login/")
        assert Webhook.objects.get().active

    @pytest.mark.parametrize("act", ACTS)
    def test_changes_want_the_csrf_token(self, alice, delivery, one, act):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post(one + act.format(delivery=delivery.pk)).status_code == 403
        assert Webhook.objects.get().active

    @pytest.mark.parametrize("act", ACTS)
    def test_getting_changes_nothing(self, alices, delivery, one, act):
        expected = 200 if act == "delete/" else 405
        assert alices.get(one + act.format(delivery=delivery.pk)).status_code == expected
        assert Webhook.objects.get().active
