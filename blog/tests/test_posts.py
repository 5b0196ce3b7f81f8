from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from blog import jobs, keyset, languages
from blog.models import Notification, Post, Revision
from blog.models.managers import UNDO_FOR
from blog.models.posts import ChangedMeanwhile
from conftest import make_person
from tasks.models import Task


def published(author, body, **fields):
    post = Post(author=author, body=body, **fields)
    post.publish()
    return post


def told(person):
    return sorted(Notification.objects.shown_to(person).values_list("kind", flat=True))


class TestPublish:
    def test_it_keeps_the_tags_mentions_and_language(self, alice, bob):
        post = published(alice, "Good morning @Bob, how is the #Weather over there today?")
        assert [tag.name for tag in post.tags.all()] == ["weather"]
        assert [person for person in post.mentions.all()] == [bob]
        assert post.language == "en"

    @pytest.mark.django_db(transaction=True)
    def test_the_language_is_guessed_before_the_lock_and_the_moment_is_taken_within(
        self, alice, monkeypatch
    ):
        seen = []

        def guess(*texts):
            seen.append((connection.in_atomic_block, timezone.now()))
            return "en"

        monkeypatch.setattr(languages, "guess", guess)
        post = Post(author=alice, body="first")
        begun = timezone.now()
        post.publish()
        post.revise("", "second")
        Post.objects.add([Post(author=alice, body="third")])
        assert [in_transaction for in_transaction, _ in seen] == [False] * 3
        assert begun < seen[0][1] < post.timestamp

    def test_who_is_mentioned_is_told_if_they_are_there(self, alice, bob):
        gone = make_person("gone")
        gone.is_active = False
        gone.save()
        published(alice, "@bob @gone @nobody @alice")
        assert told(bob) == ["mentioned"]
        assert Notification.objects.count() == 1

    def test_who_is_answered_is_told_of_that_and_not_also_of_the_mention(self, alice, bob):
        published(bob, "@alice yes", reply_to=published(alice, "Is it?"))
        assert told(alice) == ["replied"]

    def test_nobody_is_told_of_their_own_answer(self, alice):
        published(alice, "yes", reply_to=published(alice, "Is it?"))
        assert told(alice) == []

    def test_answers_know_with_what_the_thread_began(self, alice, bob):
        first = published(alice, "first")
        second = published(bob, "second", reply_to=first)
        third = published(alice, "third", reply_to=second)
        assert (first.thread, second.thread, third.thread) == (None, first.pk, first.pk)


class TestAdd:
    def test_many_are_found_and_linked_and_nobody_is_told(
        self, alice, bob, django_assert_max_num_queries
    ):
        posts = [Post(author=alice, body=f"Hello @bob #tag{n % 2}") for n in range(50)]
        with django_assert_max_num_queries(9):
            Post.objects.add(posts)
        assert bob.mentioned_in.count() == 50
        assert Post.objects.filter(tags__name="tag1").count() == 25
        assert not Notification.objects.exists()


class TestRevise:
    def test_what_it_said_stays(self, alice):
        post = published(alice, "first", title="One")
        post.revise("Two", "second")
        post.revise("Two", "third")
        assert [(old.title, old.body) for old in post.revisions.all()] == [
            ("One", "first"),
            ("Two", "second"),
        ]
        assert post.revisions.first().said_at == post.timestamp
        assert post.edited_at

    def test_the_same_is_no_change(self, alice):
        post = published(alice, "first")
        post.revise("", "first")
        assert not post.edited_at
        assert not post.revisions.exists()

    def test_only_who_is_mentioned_anew_is_told(self, alice, bob):
        carol = make_person("carol")
        post = published(alice, "@bob #one")
        Notification.objects.all().delete()
        post.revise("", "@bob @carol #two")
        assert (told(bob), told(carol)) == ([], ["mentioned"])
        assert [tag.name for tag in post.tags.all()] == ["two"]

    def test_of_two_at_once_the_second_is_told(self, alice):
        post = published(alice, "first")
        other = Post.objects.get()
        post.revise("", "second")
        with pytest.raises(ChangedMeanwhile):
            other.revise("", "third")
        assert Post.objects.get().body == "second"
        assert post.revisions.count() == 1


class TestRemove:
    def purge(self):
        for task in Task.objects.filter(job="blog.jobs.purge_post", state="queued"):
            Task.objects.filter(pk=task.pk).update(not_before=None)
            jobs.purge_post(str(task.pk))

    def test_it_is_gone_from_everywhere_at_once_and_then_for_good(self, alices, alice, bob):
        post = published(alice, "@bob #tag findme")
        post.remove()
        for address in ("/", "/explore/", "/@alice/", "/tags/tag/", "/search/?q=findme"):
            assert b"post-body" not in alices.get(address).content
        assert alices.get(f"/posts/{post.pk}/").status_code == 404
        assert told(bob) == []
        assert Post.with_deleted.exists()
        self.purge()
        assert not Post.with_deleted.exists()

    def test_it_is_not_purged_before_its_undo_has_run_out(self, alice):
        published(alice, "x").remove()
        due = Task.objects.get(job="blog.jobs.purge_post").not_before
        assert due >= timezone.now() + UNDO_FOR - timedelta(seconds=5)

    def test_what_was_brought_back_stays_also_when_it_is_deleted_again(self, alice):
        post = published(alice, "x")
        post.remove()
        first = Task.objects.get(job="blog.jobs.purge_post")
        post.restore()
        post.remove()
        Task.objects.filter(pk=first.pk).update(not_before=None)
        jobs.purge_post(str(first.pk))
        assert Post.with_deleted.exists()
        self.purge()
        assert not Post.with_deleted.exists()

    def test_answers_stay(self, client, alice, bob):
        post = published(alice, "question")
        answer = published(bob, "answer", reply_to=post)
        post.remove()
        page = client.get(f"/posts/{answer.pk}/").content.decode()
        assert "What this answers is gone" in page
        self.purge()
        assert Post.objects.get() == answer
        assert "What this answers is gone" in client.get(f"/posts/{answer.pk}/").content.decode()


class TestPages:
    def test_an_answer_is_written_below_its_post(self, alices, alice, bob):
        post = published(bob, "question")
        page = alices.post(f"/posts/{post.pk}/", {"body": "my answer"}, follow=True)
        answer = Post.objects.get(body="my answer")
        assert page.redirect_chain == [(f"/posts/{post.pk}/#post-{answer.pk}", 302)]
        assert page.context["thread"].below == [answer]
        assert alices.get(f"/posts/{answer.pk}/").context["thread"].above == [post]

    def test_an_answer_that_can_not_be_is_kept(self, alices, bob):
        post = published(bob, "question")
        page = alices.post(f"/posts/{post.pk}/", {"body": "x" * 501})
        assert page.context["form"]["body"].value() == "x" * 501
        assert "at most 500" in page.content.decode()

    def test_who_was_signed_out_finds_their_answer_again(self, client, alice, bob):
        post = published(bob, "question")
        address, form = f"/posts/{post.pk}/", {"body": "long thoughts", "writer": alice.pk}
        assert client.post(address, form)["Location"] == f"/accounts/login/?next={address}"
        client.get(address)  # before they sign in
        client.force_login(alice)
        assert not client.get("/").context["form"]["body"].value()  # it is not for that page
        assert client.get(address).context["form"]["body"].value() == "long thoughts"
        assert not client.get(address).context["form"]["body"].value()

    def test_nobody_else_finds_it(self, client, alice, bob):
        post = published(bob, "question")
        client.post(f"/posts/{post.pk}/", {"body": "long thoughts", "writer": alice.pk})
        client.force_login(bob)
        assert b"long thoughts" not in client.get(f"/posts/{post.pk}/").content

    def test_who_was_signed_out_finds_their_edit_again(self, client, alice):
        post = published(alice, "before")
        address = f"/posts/{post.pk}/edit/"
        client.post(address, {"body": "after", "title": "t", "edited_at": "", "writer": alice.pk})
        client.force_login(alice)
        form = client.get(address).context["form"]
        assert (form["body"].value(), form["title"].value()) == ("after", "t")

    def test_what_was_typed_to_a_post_that_is_gone_is_given_back(self, alices, alice, bob):
        post = published(bob, "question")
        post.remove()
        page = alices.post(f"/posts/{post.pk}/", {"body": "long thoughts"})
        assert page.status_code == 404
        assert "long thoughts</textarea>" in page.content.decode()

    def test_a_thread_is_shown_in_its_order(self, alices, alice, bob):
        first = published(alice, "1")
        second = published(bob, "2", reply_to=first)
        aside = published(bob, "aside", reply_to=first)
        third = published(alice, "3", reply_to=second)
        thread = alices.get(f"/posts/{second.pk}/").context["thread"]
        assert (thread.above, thread.below) == ([first], [third])
        thread = alices.get(f"/posts/{first.pk}/").context["thread"]
        assert (thread.above, thread.below) == ([], [second, aside, third])

    def test_answers_to_what_is_gone_hang_where_the_thread_began(self, alices, alice, bob):
        root = published(alice, "root")
        middle = published(bob, "middle", reply_to=root)
        leaf = published(alice, "leaf", reply_to=middle)
        under = published(alice, "under the leaf", reply_to=leaf)
        middle.remove()
        assert alices.get(f"/posts/{root.pk}/").context["thread"].below == [leaf, under]
        assert alices.get(f"/posts/{leaf.pk}/").context["thread"].below == [under]
        Post.with_deleted.filter(pk=middle.pk).delete()
        assert alices.get(f"/posts/{root.pk}/").context["thread"].below == [leaf, under]

    def test_editing_keeps_a_history_for_all_to_see(self, alices, client, alice):
        post = published(alice, "before")
        page = alices.get(f"/posts/{post.pk}/edit/")
        assert page.context["form"]["body"].value() == "before"
        alices.post(f"/posts/{post.pk}/edit/", {"title": "", "body": "after", "edited_at": ""})
        client.logout()
        assert "edited" in client.get(f"/posts/{post.pk}/").content.decode()
        history = client.get(f"/posts/{post.pk}/history/").content.decode()
        assert "after" in history
        assert "before" in history

    @pytest.mark.parametrize("rows", [10, 20])
    def test_a_history_takes_the_same_queries_however_long_it_is(
        self, rows, alices, alice, django_assert_num_queries
    ):
        post = published(alice, "now")
        post.revisions.bulk_create(
            Revision(post=post, body=f"version {number}", said_at=post.timestamp)
            for number in range(rows)
        )
        with django_assert_num_queries(5):
            page = alices.get(f"/posts/{post.pk}/history/").content.decode()
        assert page.count("version ") == rows

    def test_a_long_history_has_pages_the_latest_first(self, client, alice):
        post = published(alice, "now")
        post.revisions.bulk_create(
            Revision(post=post, body=str(number), said_at=post.timestamp)
            for number in range(keyset.PAGE_SIZE + 1)
        )
        first = client.get(f"/posts/{post.pk}/history/")
        bodies = [version.body for version in first.context["versions"]]
        assert bodies == [str(number) for number in range(keyset.PAGE_SIZE, 0, -1)]
        second = client.get(f"/posts/{post.pk}/history/?before={first.context['older']}")
        assert [version.body for version in second.context["versions"]] == ["0"]

    def test_of_two_windows_the_second_is_told_and_loses_nothing(self, alices, alice):
        post = published(alice, "before")
        address = f"/posts/{post.pk}/edit/"
        alices.post(address, {"body": "one", "edited_at": ""})
        page = alices.post(address, {"body": "two", "edited_at": ""})
        assert "in another window" in page.content.decode()
        assert page.context["form"]["body"].value() == "two"
        again = {"body": "two", "edited_at": page.context["form"]["edited_at"].value()}
        assert alices.post(address, again).status_code == 302
        assert Post.objects.get().body == "two"

    def test_saving_it_as_it_is_changes_nothing(self, alices, alice):
        post = published(alice, "one\ntwo")
        form = {"title": "", "body": "one\r\ntwo", "edited_at": ""}  # as browsers send it
        alices.post(f"/posts/{post.pk}/edit/", form)
        post.refresh_from_db()
        assert post.edited_at is None
        assert not post.revisions.exists()

    def test_a_bad_edit_changes_nothing_and_is_kept(self, alices, alice):
        post = published(alice, "before")
        page = alices.post(f"/posts/{post.pk}/edit/", {"body": " ", "edited_at": ""})
        assert "Write something first." in page.content.decode()
        assert Post.objects.get().body == "before"

    @pytest.mark.parametrize("verb", ["edit", "delete", "undo"])
    def test_others_find_nothing_to_change(self, verb, alices, bob):
        post = published(bob, "x")
        answer = alices.post(f"/posts/{post.pk}/{verb}/", {"body": "y"})
        assert answer.status_code == (302 if verb == "undo" else 404)
        assert Post.objects.get().body == "x"

    def test_deleting_asks_first_and_can_be_undone(self, alices, alice):
        post = published(alice, "x")
        assert b"Delete this post?" in alices.get(f"/posts/{post.pk}/delete/").content
        page = alices.post(f"/posts/{post.pk}/delete/", follow=True)
        assert f'action="/posts/{post.pk}/undo/"' in page.content.decode()
        assert not Post.objects.exists()
        alices.post(f"/posts/{post.pk}/undo/")
        assert Post.objects.get() == post

    def test_undo_is_refused_when_it_is_too_late_or_of_others(self, alices, client, alice, bob):
        post = published(alice, "x")
        post.remove()
        client.force_login(bob)
        client.post(f"/posts/{post.pk}/undo/")
        assert not Post.objects.exists()
        Post.with_deleted.update(deleted_at=timezone.now() - UNDO_FOR - timedelta(seconds=1))
        client.force_login(alice)
        page = client.post(f"/posts/{post.pk}/undo/", follow=True)
        assert "It is too late" in page.content.decode()
        assert not Post.objects.exists()

    def test_of_whom_one_is_apart_there_is_no_page(self, alices, alice, bob):
        post = published(bob, "x")
        bob.block(alice)
        for rest in ("", "history/"):
            assert alices.get(f"/posts/{post.pk}/{rest}").status_code == 404
