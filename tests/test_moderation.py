"""People, posts and reports in the admin."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from accounts.admin import FOR_SUPERUSERS
from accounts.deciding import MOST
from accounts.models import Suspension, User
from blog.models import Case, Post, Report
from conftest import make_person, make_staff
from exports.models import Export

PEOPLE, POSTS, CASES = "/admin/accounts/user/", "/admin/blog/post/", "/admin/blog/case/"
SUSPENSION = {"reason": "Spam", "words": "Please stop."}
HIDING = {"hidden_why": "Against the rules"}


@pytest.fixture
def post(bob):
    return Post.objects.create(author=bob, body="Buy this")


@pytest.fixture
def case(alice, post):
    return report(alice, post)


def report(reporter, about, **said):
    said = {"reason": "spam"} | said
    return Report(reporter=reporter, **said).send(about).case


def ask(client, address, action, *rows, **more):
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(address, form | more, follow=True)


def do(client, address, action, *rows, **given):
    return ask(client, address, action, *rows, decided="1", **given)


def logged(thing):
    return list(
        LogEntry.objects.filter(
            object_id=thing.pk, content_type__model=thing._meta.model_name
        ).values_list("user__username", "change_message")
    )


def staff(client, *permissions):
    """Who is signed in from now on."""
    person = make_staff("staff", *permissions)
    client.force_login(person)
    return person


class TestPeople:
    def test_suspending_asks_first(self, admin_client, bob):
        page = ask(admin_client, PEOPLE, "suspend", bob)
        assert "Suspend them?" in page.text
        assert f'href="{PEOPLE}{bob.pk}/change/"' in page.text
        bob.refresh_from_db()
        assert bob.is_active

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
    def test_it_needs_a_reason(self, admin_client, bob, reason):
        page = do(admin_client, PEOPLE, "suspend", bob, reason=reason)
        assert "Suspend them?" in page.text
        assert "errorlist" in page.text
        bob.refresh_from_db()
        assert bob.is_active

    def test_it_is_done_and_undone_and_logged(self, admin_client, bob):
        assert "Done: 1." in do(admin_client, PEOPLE, "suspend", bob, **SUSPENSION).text
        bob.refresh_from_db()
        assert not bob.is_active
        assert bob.suspensions.get().began_by.username == "admin"
        assert "Restore them?" in ask(admin_client, PEOPLE, "restore", bob).text
        assert "Done: 1." in do(admin_client, PEOPLE, "restore", bob).text
        bob.refresh_from_db()
        assert bob.is_active
        assert logged(bob) == [("admin", "restored"), ("admin", "suspended: Spam")]

    def test_what_was_done_meanwhile_is_left_and_said(self, admin_client, bob, alice):
        do(admin_client, PEOPLE, "suspend", bob, **SUSPENSION)
        page = do(admin_client, PEOPLE, "suspend", bob, alice, **SUSPENSION)
        assert "Done: 1." in page.text
        assert "meanwhile: 1." in page.text
        assert len(logged(bob)) == 1

    def test_their_page_says_first_that_they_are_out(self, admin_client, admin_user, bob):
        address = f"{PEOPLE}{bob.pk}/change/"
        on_site = "View on site"
        page = admin_client.get(address).content.decode()
        assert on_site in page and "Suspended since" not in page
        bob.suspend(admin_user, **SUSPENSION)
        page = admin_client.get(address).content.decode()
        assert re.search(r"Suspended since [^<]*: Spam", page)
        assert on_site not in page  # it is not to be seen there
        Suspension.objects.all().delete()  # of an earlier version
        assert "Suspended." in admin_client.get(address).content.decode()

    def test_nobody_suspends_themselves(self, admin_client, admin_user, bob):
        page = do(admin_client, PEOPLE, "suspend", admin_user, bob, **SUSPENSION)
        assert "Nobody decides about themselves." in page.text
        assert "Done: 1." in page.text
        assert not logged(admin_user)

    def test_the_page_of_a_person_offers_what_makes_sense(self, admin_client, bob):
        address = f"{PEOPLE}{bob.pk}/change/"
        page = admin_client.get(address).text
        assert 'value="suspend"' in page
        assert 'value="restore"' not in page
        assert 'value="export"' not in page
        page = ask(admin_client, PEOPLE, "suspend", bob, from_page="1")
        assert 'name="from_page"' in page.text
        page = do(admin_client, PEOPLE, "suspend", bob, from_page="1", **SUSPENSION)
        assert page.redirect_chain == [(address, 302)]
        assert 'value="restore"' in page.text
        assert 'value="suspend"' not in page.text
        assert "Please stop." in page.text
        assert 'src="data:image/' in page.text

    def test_the_form_does_not_change_it_behind_its_back(self, admin_client, bob):
        page = admin_client.get(f"{PEOPLE}{bob.pk}/change/")
        assert "is_active" not in page.context["adminform"].form.fields

    def test_who_may_only_look_sees_and_does_nothing(self, client, bob):
        staff(client, "accounts.view_user")
        page = client.get(f"{PEOPLE}{bob.pk}/change/")
        assert page.status_code == 200
        assert 'value="suspend"' not in page.text
        do(client, PEOPLE, "suspend", bob, **SUSPENSION)
        bob.refresh_from_db()
        assert bob.is_active
        assert not Suspension.objects.exists()

    def test_who_may_change_people_gets_no_further_by_it(self, client, admin_user, bob):
        me = staff(client, "accounts.change_user", "accounts.delete_user")
        for person in (me, bob):
            page = client.get(f"{PEOPLE}{person.pk}/change/")
            assert not {*FOR_SUPERUSERS} & {*page.context["adminform"].form.fields}
            assert client.get(f"{PEOPLE}{person.pk}/password/").status_code == 403
        form = {"username": "staff", "language": "en", "time_zone": "UTC", "is_superuser": "on"}
        form |= {"date_joined_0": "2026-01-02", "date_joined_1": "03:04:05"}
        form |= {"suspensions-TOTAL_FORMS": 0, "suspensions-INITIAL_FORMS": 0}
        assert client.post(f"{PEOPLE}{me.pk}/change/", form).status_code == 302
        me.refresh_from_db()
        assert not me.is_superuser

    def test_nor_gets_at_a_superuser(self, client, admin_user):
        staff(client, "accounts.change_user", "accounts.delete_user")
        address = f"{PEOPLE}{admin_user.pk}"
        assert client.get(f"{address}/change/").status_code == 200
        for path in ("change", "password", "delete"):
            assert client.post(f"{address}/{path}/", {"post": "yes"}).status_code == 403

    def test_not_too_many_at_once(self, admin_client):
        User.objects.bulk_create(User(username=f"p{n}") for n in range(MOST + 1))
        everybody = {"select_across": "1", **SUSPENSION}
        page = do(admin_client, PEOPLE, "suspend", User.objects.last(), **everybody)
        assert f"At most {MOST} at once" in page.text
        assert not Suspension.objects.exists()

    def test_an_admin_may_let_who_is_suspended_have_their_words(self, admin_client, bob):
        page = do(admin_client, PEOPLE, "export", bob)
        assert "They can export it themselves." in page.text
        do(admin_client, PEOPLE, "suspend", bob, **SUSPENSION)
        assert 'value="export"' in admin_client.get(f"{PEOPLE}{bob.pk}/change/").text
        assert "Done: 1." in do(admin_client, PEOPLE, "export", bob).text
        assert Export.objects.get().owner == bob
        assert "meanwhile: 1." in do(admin_client, PEOPLE, "export", bob).text
        assert ("admin", "export begun for them") in logged(bob)

    def test_an_export_needs_an_address(self, admin_client, bob):
        do(admin_client, PEOPLE, "suspend", bob, **SUSPENSION)
        User.objects.filter(pk=bob.pk).update(email="")
        assert "They have no address" in do(admin_client, PEOPLE, "export", bob).text

    def test_a_picture_that_is_taken_away_is_logged(self, admin_client, bob):
        do(admin_client, PEOPLE, "remove_pictures", bob)
        assert logged(bob) == [("admin", "picture removed")]

    @pytest.mark.parametrize("query", ["bob", "Bobby", "bob@example"])
    def test_people_are_found(self, admin_client, alice, bob, query):
        User.objects.filter(pk=bob.pk).update(display_name="Bobby")
        page = admin_client.get(PEOPLE, {"q": query})
        assert [person.username for person in page.context["cl"].result_list] == ["bob"]


class TestPosts:
    def test_hiding_asks_first_and_is_logged(self, admin_client, post):
        assert "Hide them?" in ask(admin_client, POSTS, "hide", post).text
        assert "errorlist" in do(admin_client, POSTS, "hide", post, hidden_why=" ").text
        post.refresh_from_db()
        assert post.hidden_at is None
        assert "Done: 1." in do(admin_client, POSTS, "hide", post, **HIDING).text
        post.refresh_from_db()
        assert post.hidden_why == "Against the rules"
        assert 'value="show"' in admin_client.get(f"{POSTS}{post.pk}/change/").text
        assert "Done: 1." in do(admin_client, POSTS, "show", post).text
        post.refresh_from_db()
        assert post.hidden_at is None
        assert logged(post) == [("admin", "shown again"), ("admin", "hidden: Against the rules")]

    def test_what_is_gone_is_left(self, admin_client, post):
        post.remove()
        assert "meanwhile: 1." in do(admin_client, POSTS, "hide", post, **HIDING).text
        Post.with_deleted.all().delete()
        page = do(admin_client, POSTS, "hide", post, **HIDING)
        assert page.status_code == 200
        assert not logged(post)

    def test_the_log_keeps_no_words_of_what_may_be_deleted(self, admin_client, post, case):
        do(admin_client, POSTS, "hide", post, **HIDING)
        do(admin_client, CASES, "hide_post", case, **HIDING)
        admin_client.post(f"{POSTS}{post.pk}/delete/", {"post": "yes"})
        said = LogEntry.objects.filter(content_type__model="post").values_list("object_repr")
        assert list(said) == 3 * [(f"post {post.pk}",)]

    def test_nobody_decides_about_what_is_theirs(self, client, db):
        post = Post.objects.create(author=staff(client, "blog.change_post"), body="Mine")
        post.hide("Against the rules")
        page = do(client, POSTS, "show", post)
        assert "Nobody decides about themselves." in page.text
        post.refresh_from_db()
        assert post.hidden_at

    def test_who_may_only_look_sees_and_does_nothing(self, client, post):
        staff(client, "blog.view_post")
        assert 'value="hide"' not in client.get(f"{POSTS}{post.pk}/change/").text
        do(client, POSTS, "hide", post, **HIDING)
        post.refresh_from_db()
        assert post.hidden_at is None

    def test_hidden_ones_are_listed(self, admin_client, post, alice):
        Post.objects.create(author=alice, body="Hello")
        post.hide("Spam")
        page = admin_client.get(POSTS, {"hidden": "yes"})
        assert list(page.context["cl"].result_list) == [post]

    @pytest.mark.parametrize("query", ["BOB", "buy", "buying this"])
    def test_posts_are_found_by_words_and_by_author(self, admin_client, alice, post, query):
        Post.objects.create(author=alice, body="Hello")
        post.hide("Spam")
        page = admin_client.get(POSTS, {"q": query})
        assert list(page.context["cl"].result_list) == [post]

    @pytest.mark.parametrize("query", ["nothing", "@#!", "x" * 1000])
    def test_odd_searches_find_nothing(self, admin_client, post, query):
        page = admin_client.get(POSTS, {"q": query})
        assert page.status_code == 200
        assert not page.context["cl"].result_list


class TestQueue:
    def rows(self, client, **query):
        return list(client.get(CASES, query).context["cl"].result_list)

    def test_ten_reports_of_a_post_are_one_line(self, admin_client, post):
        for number in range(10):
            report(make_person(f"p{number}"), post)
        (row,) = self.rows(admin_client)
        assert row.count == 10
        page = admin_client.get(CASES).text
        assert "Buy this" in page
        assert '<td class="field-count">10</td>' in page

    def test_open_ones_come_first(self, admin_client, admin_user, alice, bob, post):
        first, second, third = (report(alice, about) for about in (post, bob, admin_user))
        second.dismiss(admin_user)
        assert self.rows(admin_client) == [third, first, second]
        assert self.rows(admin_client, open="yes") == [third, first]
        assert self.rows(admin_client, open="no") == [second]
        assert self.rows(admin_client, decision__exact="dismissed") == [second]

    def test_the_page_says_what_was_said(self, admin_client, alice, case, post):
        report(make_person("carol"), post, reason="hate", words="Look <at> this")
        page = admin_client.get(f"{CASES}{case.pk}/change/").text
        assert "Look &lt;at&gt; this" in page
        assert "@carol" in page
        assert "It is spam, or a fraud (1)" in page
        assert 'value="hide_post"' in page

    def test_a_post_is_hidden(self, admin_client, case, post):
        page = ask(admin_client, CASES, "hide_post", case)
        assert "Hide what was reported?" in page.text
        assert "Buy this" in page.text
        page = do(admin_client, CASES, "hide_post", case, note="The third", **HIDING)
        assert "Done: 1." in page.text
        post.refresh_from_db()
        case.refresh_from_db()
        assert (post.hidden_why, case.note) == ("Against the rules", "The third")
        assert case.decided_by.username == "admin"
        assert logged(case) == [("admin", "hidden: Against the rules The third")]
        assert logged(post) == [("admin", "hidden: Against the rules")]

    def test_a_person_is_suspended(self, admin_client, case, bob):
        assert "Done: 1." in do(admin_client, CASES, "suspend_person", case, **SUSPENSION).text
        bob.refresh_from_db()
        assert not bob.is_active
        assert logged(bob) == logged(case) == [("admin", "suspended: Spam")]

    def test_it_is_dismissed(self, admin_client, case):
        assert "Dismiss what was reported?" in ask(admin_client, CASES, "dismiss", case).text
        assert "Done: 1." in do(admin_client, CASES, "dismiss", case, note="Harmless").text
        case.refresh_from_db()
        assert (case.decision, case.note) == ("dismissed", "Harmless")
        assert logged(case) == [("admin", "dismissed: Harmless")]
        page = admin_client.get(f"{CASES}{case.pk}/change/").text
        assert "Harmless" in page
        assert 'value="dismiss"' not in page

    def test_what_was_decided_meanwhile_is_left_and_said(self, admin_client, admin_user, case):
        case.dismiss(admin_user)
        assert "meanwhile: 1." in do(admin_client, CASES, "dismiss", case).text
        assert not logged(case)

    @pytest.mark.parametrize("purged", [False, True])
    def test_of_a_post_that_is_gone(self, admin_client, case, post, purged):
        Post.objects.all().delete() if purged else post.remove()
        assert "a post that is gone" in admin_client.get(CASES).text
        page = admin_client.get(f"{CASES}{case.pk}/change/").text
        assert "a post that is gone" in page
        assert 'value="hide_post"' not in page
        assert "meanwhile: 1." in do(admin_client, CASES, "hide_post", case, **HIDING).text
        assert "Done: 1." in do(admin_client, CASES, "dismiss", case).text

    def test_a_person_who_is_reported_can_be_deleted(self, admin_client, case, bob):
        assert admin_client.get(f"{PEOPLE}{bob.pk}/delete/").status_code == 200
        Post.objects.all().delete()
        page = admin_client.get(f"{PEOPLE}{bob.pk}/delete/")
        assert page.status_code == 200
        assert admin_client.post(f"{PEOPLE}{bob.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not Case.objects.exists()

    @pytest.mark.parametrize(
        ("permissions", "actions"),
        [
            ([], set()),
            (["blog.change_case"], {"dismiss"}),
            (["blog.change_case", "blog.change_post"], {"dismiss", "hide_post"}),
            (["blog.change_case", "accounts.change_user"], {"dismiss", "suspend_person"}),
            (["blog.change_post", "accounts.change_user"], set()),
        ],
    )
    def test_who_may_what(self, client, case, post, bob, permissions, actions):
        staff(client, "blog.view_case", *permissions)
        assert self.rows(client) == [case]
        page = client.get(f"{CASES}{case.pk}/change/").text
        assert "Buy this" in page
        every = {"dismiss", "hide_post", "suspend_person"}
        assert {name for name in every if f'value="{name}"' in page} == actions
        for name in every - actions:
            do(client, CASES, name, case, note="x", **HIDING, **SUSPENSION)
        case.refresh_from_db()
        assert case.decided_at is None

    @pytest.mark.parametrize("of_a_post", [True, False])
    def test_an_admin_who_is_reported_is_not_told_by_whom(self, client, alice, of_a_post):
        blog = ["blog.view_case", "blog.change_case", "blog.change_post"]
        me = staff(client, *blog, "accounts.change_user")
        about = Post.objects.create(author=me, body="Mine") if of_a_post else me
        case = report(alice, about, words="I know what you did")
        page = client.get(f"{CASES}{case.pk}/change/").text
        assert "This is for others" in page
        assert not any(said in page for said in ("@alice", "I know what you did", "dismiss"))
        for name in ("dismiss", "hide_post", "suspend_person"):
            page = do(client, CASES, name, case, **HIDING, **SUSPENSION).text
            assert "themselves." in page or "meanwhile: 1." in page
        case.refresh_from_db()
        assert case.decided_at is None

    def test_who_may_not_look_sees_nothing(self, client, case):
        staff(client, "blog.view_post")
        assert client.get(CASES).status_code == 403
        assert client.get(f"{CASES}{case.pk}/change/").status_code == 403

    def test_nobody_writes_or_deletes_a_case(self, admin_client, case):
        for path in ("add/", f"{case.pk}/delete/"):
            assert admin_client.post(f"{CASES}{path}", {"post": "yes"}).status_code == 403
        assert admin_client.post(f"{CASES}{case.pk}/change/", {}).status_code == 403

    @pytest.mark.parametrize("rows", [5, 20])
    def test_more_cases_take_no_more_queries(
        self, admin_client, alice, bob, rows, django_assert_max_num_queries
    ):
        for number in range(rows):
            author = make_person(f"p{number}")
            case = report(alice, Post.objects.create(author=author, body="x"))
            report(bob, case.post)
        with django_assert_max_num_queries(9):
            assert len(self.rows(admin_client)) == rows

    def test_a_case_takes_few_queries(self, admin_client, post, django_assert_max_num_queries):
        for number in range(20):
            case = report(make_person(f"p{number}"), post)
        with django_assert_max_num_queries(9):
            admin_client.get(f"{CASES}{case.pk}/change/")
