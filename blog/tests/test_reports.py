"""Reports of people, and what admins decide."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from blog.models import Case, Post, Report
from conftest import make_person
from tasks.registry import Refused

SPAM = {"reason": "spam", "words": "A hundred times."}


@pytest.fixture
def post(bob):
    return Post.objects.create(author=bob, body="Buy this")


@pytest.fixture
def admin(db):
    make_person("root")
    User.objects.filter(username="root").update(is_staff=True)
    return User.objects.get(username="root")


def address_of(about):
    return f"{about.get_absolute_url()}report/"


def report(reporter, about, reason="spam", words=""):
    return Report(reporter=reporter, reason=reason, words=words).send(about)


@pytest.fixture(params=["post", "person"])
def about(request, post, bob):
    return post if request.param == "post" else bob


class TestPage:
    def test_it_works_without_a_script(self, alices, alice, about, bob):
        page = alices.get(about.get_absolute_url())
        assert f'href="{address_of(about)}"' in page.text
        page = alices.get(address_of(about))
        assert page.status_code == 200
        assert "Buy this" in page.text or "Report @bob" in page.text
        answer = alices.post(address_of(about), SPAM, follow=True)
        assert "Thank you." in answer.text
        assert answer.redirect_chain == [(about.get_absolute_url(), 302)]
        case = Case.objects.get()
        assert (case.person, case.post) == (bob, about if isinstance(about, Post) else None)
        said = case.reports.get()
        assert (said.reporter, said.reason, said.words) == (alice, "spam", "A hundred times.")

    def test_visitors_sign_in_first(self, client, about):
        for answer in (client.get(address_of(about)), client.post(address_of(about), SPAM)):
            assert answer["Location"].startswith("/accounts/login/?next=")
        assert "Report" not in client.get(about.get_absolute_url()).text

    def test_twice_by_one_is_once(self, alices, about):
        alices.post(address_of(about), SPAM)
        answer = alices.post(address_of(about), {"reason": "hate"}, follow=True)
        assert "You have reported this already." in answer.text
        assert Report.objects.get().reason == "spam"

    @pytest.mark.parametrize(
        ("form", "field"),
        [
            ({}, "reason"),
            ({"reason": "boredom"}, "reason"),
            ({"reason": "other"}, "words"),
            ({"reason": "other", "words": " \n"}, "words"),
            ({"reason": "spam", "words": "x" * 501}, "words"),
            ({"reason": "spam", "words": "a\0b"}, "words"),
        ],
    )
    def test_what_is_wrong_is_told(self, alices, post, form, field):
        answer = alices.post(address_of(post), form)
        assert answer.status_code == 200
        assert field in answer.context["form"].errors
        assert not Case.objects.exists()

    def test_line_ends_count_once(self, alices, post):
        words = "\r\n".join("x" * 250)
        assert alices.post(address_of(post), {"reason": "spam", "words": words}).status_code == 302

    def test_ones_own_is_not_for_it(self, alices, alice):
        own = Post.objects.create(author=alice, body="mine")
        for about in (own, alice):
            assert "You can&#x27;t report yourself" in alices.post(address_of(about), SPAM).text
        assert not Case.objects.exists()

    def test_what_one_does_not_see_is_not_there(self, alices, alice, post, bob):
        bob.block(alice)
        assert alices.post(address_of(post), SPAM).status_code == 404
        assert alices.post(address_of(bob), SPAM).status_code == 302  # who was blocked may report

    def test_of_who_is_not_here_there_is_nothing_to_report(self, alices, about, bob):
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert alices.get(address_of(about)).status_code == 404

    def test_the_number_of_queries(self, alices, about, django_assert_max_num_queries):
        alices.get("/")
        with django_assert_max_num_queries(12):
            alices.post(address_of(about), SPAM)


class TestApi:
    @pytest.fixture
    def path(self, about):
        if isinstance(about, Post):
            return f"/api/v2/posts/{about.pk}/report"
        return "/api/v2/users/BOB/report"

    def test_it_works(self, alices_program, alice, path):
        answer = alices_program.post(path, SPAM)
        assert answer.status_code == 201
        said = Report.objects.get(reporter=alice)
        moment = said.created_at.isoformat().replace("+00:00", "Z")
        assert answer.json() == SPAM | {"reported_at": moment}

    def test_twice_is_once(self, alices_program, path):
        first = alices_program.post(path, SPAM).json()
        again = alices_program.post(path, {"reason": "hate"})
        assert (again.status_code, again.json()) == (200, first)

    def test_words_may_be_left_out(self, alices_program, path):
        assert alices_program.post(path, {"reason": "spam"}).json()["words"] == ""

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "reason"),
            ({"reason": None}, "reason"),
            ({"reason": 5}, "reason"),
            ({"reason": "boredom"}, "reason"),
            ({"reason": "other"}, "words"),
            (SPAM | {"words": None}, "words"),
            (SPAM | {"words": ["x"]}, "words"),
            (SPAM | {"words": "x" * 501}, "words"),
            (SPAM | {"words": "a\0b"}, "words"),
            (SPAM | {"name": "x"}, "name"),
        ],
    )
    def test_bad_input(self, alices_program, path, given, field):
        answer = alices_program.post(path, given)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert not Case.objects.exists()

    def test_visitors_and_readers_may_not(self, visitor, alice, path):
        from .conftest import Program

        assert visitor.post(path, SPAM).status_code == 401
        assert Program(alice, ["read"]).post(path, SPAM).status_code == 403

    def test_ones_own(self, bobs_program, path):
        assert bobs_program.post(path, SPAM).status_code == 409

    @pytest.mark.parametrize("path", ["posts/1", "posts/99999999999999999999", "users/nobody"])
    def test_of_what_is_not_there(self, alices_program, path):
        assert alices_program.post(f"/api/v2/{path}/report", SPAM).status_code == 404

    def test_what_one_does_not_see(self, alices_program, alice, post, bob):
        bob.block(alice)
        assert alices_program.post(f"/api/v2/posts/{post.pk}/report", SPAM).status_code == 404

    def test_the_number_of_queries(self, alices_program, path, django_assert_max_num_queries):
        alices_program.get("/api/v2/me")
        with django_assert_max_num_queries(12):
            alices_program.post(path, SPAM)


class TestCases:
    def test_ten_reports_of_one_thing_are_one_case(self, about):
        for number in range(10):
            report(make_person(f"p{number}"), about)
        assert Case.objects.get().reports.count() == 10

    def test_a_post_and_its_author_are_two(self, alice, post, bob):
        report(alice, post)
        report(alice, bob)
        assert Case.objects.count() == 2

    def test_after_a_decision_there_is_a_new_one(self, alice, about, admin):
        first = report(alice, about)
        assert first.case.dismiss(admin, note="Harmless")
        second = report(alice, about)
        assert second.case != first.case
        assert Report.objects.count() == 2

    def test_two_open_ones_of_one_thing_can_not_be(self, alice, about, bob):
        first = report(alice, about).case
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.create(person=bob, post=first.post)

    def test_the_post_is_hidden(self, alice, post, admin):
        case = report(alice, post).case
        assert case.hide_post(admin, why="Spam", note="The third")
        post.refresh_from_db()
        assert post.hidden_why == "Spam"
        case.refresh_from_db()
        assert (case.decision, case.note, case.decided_by) == ("hidden", "The third", admin)
        assert case.decided_at

    def test_the_person_is_suspended(self, alice, about, bob, admin):
        case = report(alice, about).case
        assert case.suspend_person(admin, reason="Spam", words="Stop it.")
        bob.refresh_from_db()
        assert not bob.is_active
        case.refresh_from_db()
        assert (case.decision, case.note) == ("suspended", "Spam")

    def test_only_the_first_decision_counts(self, alice, post, bob, admin):
        case = report(alice, post).case
        assert case.dismiss(admin)
        assert not case.dismiss(admin)
        assert not case.hide_post(admin, why="Spam")
        assert not case.suspend_person(admin, reason="Spam")
        post.refresh_from_db()
        bob.refresh_from_db()
        assert (post.hidden_at, bob.is_active) == (None, True)

    def test_what_is_not_for_the_admin_to_decide_stays_open(self, alice, post, bob, admin):
        User.objects.filter(pk=bob.pk).update(is_superuser=True)
        case = Case.objects.get(pk=report(alice, post).case.pk)
        with pytest.raises(Refused):
            case.suspend_person(admin, reason="Spam")
        case.refresh_from_db()
        assert case.decided_at is None

    def test_what_is_done_already_is_decided_all_the_same(self, alice, post, bob, admin):
        post.hide("Spam")
        bob.suspend(admin, reason="Spam")
        first = report(alice, post).case
        assert first.hide_post(admin, why="Again")
        second = report(alice, bob).case
        assert second.suspend_person(admin, reason="Again")
        assert bob.suspensions.get().reason == "Spam"

    @pytest.mark.parametrize("purged", [False, True])
    def test_of_what_is_gone_meanwhile(self, alice, post, admin, purged):
        case = report(alice, post).case
        if purged:
            Post.objects.all().delete()
        else:
            post.remove()
        assert not case.hide_post(admin, why="Spam")
        case.refresh_from_db()
        assert case.decided_at is None
        assert case.dismiss(admin)

    def test_a_report_of_the_person_is_not_one_of_a_post_that_is_gone(self, alice, post, bob):
        case = report(alice, post).case
        Post.objects.all().delete()
        assert report(alice, bob).case != case

    def test_of_a_person_there_is_no_post_to_hide(self, alice, bob, admin):
        assert not report(alice, bob).case.hide_post(admin, why="Spam")

    def test_an_account_goes_with_what_was_said_of_it(self, alice, about, bob):
        report(alice, about)
        bob.delete()
        assert not Case.objects.exists()

    def test_a_report_stays_when_its_reporter_goes(self, alice, about, admin):
        case = report(alice, about).case
        alice.delete()
        assert case.reports.get().reporter is None
        assert case.dismiss(admin)

    def test_a_decision_stays_when_its_admin_goes(self, alice, about, admin):
        case = report(alice, about).case
        case.dismiss(admin)
        admin.delete()
        case.refresh_from_db()
        assert (case.decision, case.decided_by) == ("dismissed", None)
