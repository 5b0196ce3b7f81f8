"""Timelines and posts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Post
from blog.models.managers import UNDO_FOR
from tasks.models import Task

from .conftest import Program

POSTS = "/api/v2/posts"


def publish(author, body="x", **fields):
    post = Post(author=author, body=body, **fields)
    post.publish()
    return post


@pytest.fixture
def post(alice):
    return publish(alice, "Sour.", title="Lemons")


def bodies(response):
    assert response.status_code == 200
    return [post["body"] for post in response.json()["results"]]


class TestTimelines:
    def test_home_has_mine_and_of_those_whom_i_follow(self, alices_program, alice, bob):
        carol = type(bob).objects.create_user("carol", "carol@example.com")
        alice.follow(bob)
        for author in (alice, bob, carol):
            publish(author, author.username)
        assert bodies(alices_program.get("/api/v2/timelines/home")) == ["bob", "alice"]

    def test_explore_has_all_but_whom_i_muted(self, alices_program, visitor, alice, bob):
        publish(alice, "a")
        publish(bob, "b")
        alice.mutes.add(bob)
        assert bodies(alices_program.get("/api/v2/timelines/explore")) == ["a"]
        assert bodies(visitor.get("/api/v2/timelines/explore")) == ["b", "a"]

    def test_mentions_of_mine(self, alices_program, bob):
        publish(bob, "Hello @alice")
        publish(bob, "Hello")
        assert bodies(alices_program.get("/api/v2/timelines/mentions")) == ["Hello @alice"]

    @pytest.mark.parametrize("name", ["lemons", "LEMONS"])
    def test_of_a_tag(self, visitor, alice, name):
        publish(alice, "#Lemons")
        publish(alice, "lemons")
        assert bodies(visitor.get(f"/api/v2/timelines/tags/{name}")) == ["#Lemons"]

    @pytest.mark.parametrize("name", ["%00", "%ff", "%F0%9F%8D%8B", "x" * 2_000, ".."])
    def test_of_an_odd_tag(self, visitor, post, name):
        assert bodies(visitor.get(f"/api/v2/timelines/tags/{name}")) == []

    def test_of_one(self, visitor, bobs_program, post, alice, bob):
        publish(bob, "b")
        assert bodies(visitor.get("/api/v2/users/Alice/posts")) == ["Sour."]
        alice.block(bob)
        assert bodies(bobs_program.get("/api/v2/users/alice/posts")) == []

    def test_what_comes_while_one_reads_moves_nothing(self, visitor, alice):
        for number in range(5):
            publish(alice, str(number))
        first = visitor.get("/api/v2/timelines/explore?limit=2")
        publish(alice, "5")
        second = visitor.get(first.json()["next"])
        assert bodies(first) + bodies(second) == ["4", "3", "2", "1"]
        assert bodies(visitor.get(second.json()["previous"])) == ["4", "3"]
        links = second["Link"]
        assert f'<{second.json()["next"]}>; rel="next"' in links
        assert f'<{second.json()["previous"]}>; rel="prev"' in links

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "W10=",
            "bnVsbA==",
            "WzFd",
            "WyJvbndhcmQiLCAieCIsICJ5Il0=",
            "é",
            "%00",
            "W1tbW1tb",
        ],
    )
    def test_a_forged_cursor(self, visitor, post, cursor):
        response = visitor.get(f"/api/v2/timelines/explore?cursor={cursor}")
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["cursor"]

    @pytest.mark.parametrize("name", ["home", "mentions"])
    def test_mine_are_not_for_visitors(self, visitor, name):
        assert visitor.get(f"/api/v2/timelines/{name}").status_code == 401

    @pytest.mark.parametrize("rows", [5, 9])
    def test_queries(self, alices_program, alice, bob, rows, django_assert_num_queries):
        alice.follow(bob)
        post = publish(bob)
        for _ in range(rows):
            for author in (alice, bob):
                publish(author, "@alice #lemons", reply_to=post)
        alices_program.get("/api/v2/me")
        for path, queries in {
            "timelines/home": 3,
            "timelines/explore": 2,
            "timelines/mentions": 2,
            "timelines/tags/lemons": 2,
            "users/bob/posts": 3,
            f"posts/{post.pk}": 2,
            f"posts/{post.pk}/replies": 3,
            f"posts/{post.pk}/history": 3,
            "search?q=lemons": 4,
        }.items():
            with django_assert_num_queries(queries):
                alices_program.get(f"/api/v2/{path}")


class TestOnePost:
    def test_what_it_is(self, visitor, post, alice):
        response = visitor.get(f"{POSTS}/{post.pk}")
        assert response.status_code == 200
        assert response.json() == {
            "id": post.pk,
            "url": f"http://127.0.0.1:8000/posts/{post.pk}/",
            "author": {
                "id": alice.pk,
                "username": "alice",
                "display_name": "",
                "url": "http://127.0.0.1:8000/@alice/",
                "avatar_url": "http://127.0.0.1:8000/@alice/avatar/?v=drawn",
            },
            "title": "Lemons",
            "body": "Sour.",
            "created_at": post.timestamp.isoformat().replace("+00:00", "Z"),
            "edited_at": None,
            "language": post.language,
            "reply_to": None,
            "thread": None,
            "hidden_at": None,
            "hidden_why": "",
        }

    def test_who_has_it_already_gets_it_once(self, visitor, post):
        etag = visitor.get(f"{POSTS}/{post.pk}")["ETag"]
        for named in (etag, f"W/{etag}", f'"x", {etag}', "*"):
            response = visitor.get(f"{POSTS}/{post.pk}", If_None_Match=named)
            assert (response.status_code, response.content) == (304, b"")
            assert response["ETag"] == etag
        post.revise("Lemons", "Sweet.")
        assert visitor.get(f"{POSTS}/{post.pk}", If_None_Match=etag).status_code == 200

    @pytest.mark.parametrize("pk", [1_000_000, 2**63, 10**40])
    def test_what_is_not_there(self, alices_program, post, pk):
        for path in ("", "/replies", "/history"):
            assert alices_program.get(f"{POSTS}/{pk}{path}").status_code == 404
        assert alices_program.patch(f"{POSTS}/{pk}", {"body": "x"}).status_code == 404
        assert alices_program.delete(f"{POSTS}/{pk}").status_code == 404
        assert alices_program.post(f"{POSTS}/{pk}/restore").status_code == 404

    def test_who_is_blocked_sees_nothing_of_it(self, bobs_program, alice, bob, post):
        alice.block(bob)
        for path in ("", "/replies", "/history"):
            assert bobs_program.get(f"{POSTS}/{post.pk}{path}").status_code == 404

    def test_answers_and_history(self, visitor, post, bob):
        for number in range(3):
            publish(bob, str(number), reply_to=post)
        assert bodies(visitor.get(f"{POSTS}/{post.pk}/replies")) == ["0", "1", "2"]
        first = visitor.get(f"{POSTS}/{post.pk}/replies?limit=2")
        assert bodies(visitor.get(first.json()["next"])) == ["2"]
        post.revise("Lemons", "Sweet.")
        (was,) = visitor.get(f"{POSTS}/{post.pk}/history").json()["results"]
        assert (was["title"], was["body"]) == ("Lemons", "Sour.")


class TestWriting:
    def test_a_post(self, alices_program, alice, bob):
        response = alices_program.post(POSTS, {"title": "T", "body": "Hello @bob\r\n#lemons"})
        assert response.status_code == 201
        post = Post.objects.get()
        assert (post.author, post.title, post.body) == (alice, "T", "Hello @bob\n#lemons")
        assert response["Location"] == f"/api/v2/posts/{post.pk}"
        read = alices_program.get(response["Location"])
        assert (read.json(), read["ETag"]) == (response.json(), response["ETag"])
        assert [told.kind for told in bob.notifications.all()] == ["mentioned"]

    def test_a_line_of_the_post_log_is_queued(self, alices_program):
        alices_program.post(POSTS, {"body": "x"})
        task = Task.objects.get()
        assert (task.job, task.key) == ("blog.jobs.log_post", str(Post.objects.get().pk))

    def test_an_answer(self, bobs_program, post, alice):
        response = bobs_program.post(POSTS, {"body": "Yes.", "reply_to": post.pk})
        assert response.status_code == 201
        assert response.json()["reply_to"] == response.json()["thread"] == post.pk
        assert [told.kind for told in alice.notifications.all()] == ["replied"]

    def test_an_answer_to_what_one_does_not_see(self, bobs_program, alice, bob, post):
        alice.block(bob)
        for pk in (post.pk, 1_000_000, 2**63 - 1):
            response = bobs_program.post(POSTS, {"body": "Yes.", "reply_to": pk})
            assert (response.status_code, list(response.json()["errors"])) == (400, ["reply_to"])
        assert Post.objects.count() == 1

    @pytest.mark.django_db(transaction=True)  # else nobody looks for what a foreign key names
    def test_an_answer_to_what_is_gone_in_this_very_moment(self, bobs_program, post, monkeypatch):
        def meanwhile(*texts):
            Post.objects.all().delete()
            return "en"

        monkeypatch.setattr("blog.languages.guess", meanwhile)
        response = bobs_program.post(POSTS, {"body": "Yes.", "reply_to": post.pk})
        assert response.status_code == 400
        assert response.json()["errors"] == {"reply_to": ["There is no such post."]}
        assert not Post.objects.exists()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("body", None),
            ("body", ""),
            ("body", " \n\t"),
            ("body", "x" * 501),
            ("body", "a\0b"),
            ("body", "\ud800"),
            ("body", 1),
            ("body", ["x"]),
            ("title", None),
            ("title", "x" * 141),
            ("title", "a\0b"),
            ("title", {}),
            ("reply_to", "1"),
            ("reply_to", True),
            ("reply_to", 0),
            ("reply_to", 1.5),
            ("reply_to", 2**63),
            ("reply_to", 10**400),
            ("author", "bob"),
        ],
    )
    def test_bad_input_is_told_by_name(self, alices_program, name, value):
        response = alices_program.post(POSTS, {"body": "x"} | {name: value})
        assert response.status_code == 400
        assert list(response.json()["errors"]) == [name]
        assert not Post.objects.exists()
        assert not Task.objects.exists()

    def test_what_fills_it_to_the_brim(self, alices_program):
        assert alices_program.post(POSTS, {"body": "🦜\r\n" * 250}).status_code == 201

    def test_creating_is_cheap(self, alices_program, bob, alice, django_assert_max_num_queries):
        bob.follow(alice)
        type(bob).objects.filter(pk=bob.pk).update(mail_new_posts=True)
        alices_program.get("/api/v2/me")
        with django_assert_max_num_queries(12):
            alices_program.post(POSTS, {"body": "x"})

    def test_answering_is_cheap(self, alices_program, bob):
        carol, dora = (type(bob).objects.create_user(name) for name in ("carol", "dora"))
        post = publish(bob)
        alices_program.get("/api/v2/me")
        given = {"body": "@carol @dora #a #b #c", "reply_to": post.pk}
        with CaptureQueriesContext(connection) as captured:
            assert alices_program.post(POSTS, given).status_code == 201
        statements = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
        assert len(statements) <= 12, "\n".join(statements)
        told = {person.notifications.get().kind for person in (carol, dora)}
        assert (told, bob.notifications.get().kind) == ({"mentioned"}, "replied")

    def test_who_is_answered_and_mentioned_is_told_once(self, alices_program, bob):
        post = publish(bob)
        alices_program.post(POSTS, {"body": "@bob", "reply_to": post.pk})
        assert bob.notifications.get().kind == "replied"

    def test_only_with_a_token_to_write(self, visitor, alice, post):
        reader = Program(alice, ["read"])
        for program, status in ((visitor, 401), (reader, 403)):
            assert program.post(POSTS, {"body": "x"}).status_code == status
            assert program.patch(f"{POSTS}/{post.pk}", {"body": "x"}).status_code == status
            assert program.delete(f"{POSTS}/{post.pk}").status_code == status
            assert program.post(f"{POSTS}/{post.pk}/restore").status_code == status


class TestChanging:
    def test_some_of_it(self, alices_program, post):
        response = alices_program.patch(f"{POSTS}/{post.pk}", {"body": "Sweet."})
        assert response.status_code == 200
        assert (response.json()["title"], response.json()["body"]) == ("Lemons", "Sweet.")
        assert response.json()["edited_at"]
        assert alices_program.patch(f"{POSTS}/{post.pk}", {"title": ""}).json()["title"] == ""

    @pytest.mark.parametrize("given", [{"body": " "}, {"body": None}, {"title": "x" * 141}])
    def test_to_what_can_not_be(self, alices_program, post, given):
        assert alices_program.patch(f"{POSTS}/{post.pk}", given).status_code == 400
        post.refresh_from_db()
        assert (post.title, post.body) == ("Lemons", "Sour.")

    def test_only_what_was_read(self, alices_program, post):
        read = alices_program.get(f"{POSTS}/{post.pk}")["ETag"]
        address = f"{POSTS}/{post.pk}"
        first = alices_program.patch(address, {"body": "one"}, If_Match=read)
        assert first.status_code == 200
        second = alices_program.patch(address, {"body": "two"}, If_Match=read)
        assert (second.status_code, second.json()["status"]) == (412, 412)
        # What can't be taken is refused as such (RFC 9110, section 13.2.1).
        assert alices_program.patch(address, {"body": ""}, If_Match=read).status_code == 400
        third = alices_program.patch(address, {"body": "three"}, If_Match=first["ETag"])
        assert third.status_code == 200
        assert Post.objects.get().body == "three"

    def test_changed_in_this_very_moment(self, alices_program, post, monkeypatch):
        def meanwhile(*texts):
            Post.objects.update(edited_at=timezone.now() + timedelta(seconds=1))
            return "en"

        monkeypatch.setattr("blog.languages.guess", meanwhile)
        assert alices_program.patch(f"{POSTS}/{post.pk}", {"body": "x"}).status_code == 409

    def test_by_nobody_but_its_author_and_admins(self, bobs_program, admins_program, post):
        address = f"{POSTS}/{post.pk}"
        for response in (bobs_program.patch(address, {"body": "x"}), bobs_program.delete(address)):
            assert response.status_code == 403
            assert response.json()["detail"] == "This is somebody else's post."
        assert admins_program.patch(address, {"body": "x"}).status_code == 200
        assert admins_program.delete(address).status_code == 204

    def test_staff_without_permissions_is_nobody_here(self, staff, post):
        address, program = f"{POSTS}/{post.pk}", Program(staff)
        assert program.patch(address, {"body": "x"}).status_code == 403
        assert program.delete(address).status_code == 403
        assert Post.objects.get().body == "Sour."

    def test_what_an_admin_deletes_does_not_come_back(
        self, alices, alices_program, admins_program, alice, post
    ):
        before = timezone.now()
        assert admins_program.delete(f"{POSTS}/{post.pk}").status_code == 204
        assert alice.deletions.get().at >= before  # not so in an export of changes is it missed
        assert alices_program.post(f"{POSTS}/{post.pk}/restore").status_code == 410
        alices.post(f"/posts/{post.pk}/undo/")
        assert not Post.objects.exists()

    def test_gone_in_this_very_moment(self, alices_program, post, monkeypatch):
        def meanwhile(*args):
            Post.with_deleted.all().delete()
            return True

        monkeypatch.setattr(Post, "is_to_be_deleted_by", meanwhile)
        assert alices_program.delete(f"{POSTS}/{post.pk}").status_code == 404
        assert not Task.objects.filter(job="blog.jobs.purge_post").exists()

    def test_purged_while_it_is_brought_back(self, alices_program, post, monkeypatch):
        post.remove()
        restore = Post.restore

        def purged(post):
            Post.with_deleted.filter(pk=post.pk).delete()
            return restore(post)

        monkeypatch.setattr(Post, "restore", purged)
        assert alices_program.post(f"{POSTS}/{post.pk}/restore").status_code == 404

    def test_brought_back_twice_at_once(self, alices_program, post, monkeypatch):
        post.remove()
        restore = Post.restore

        def twice(post):
            restore(Post.with_deleted.get())
            return restore(post)

        monkeypatch.setattr(Post, "restore", twice)
        response = alices_program.post(f"{POSTS}/{post.pk}/restore")
        assert (response.status_code, response.json()["body"]) == (200, "Sour.")

    def test_deleted_and_brought_back(self, alices_program, bobs_program, post):
        address = f"{POSTS}/{post.pk}"
        assert alices_program.delete(address).status_code == 204
        assert alices_program.get(address).status_code == 404
        assert bobs_program.post(f"{address}/restore").status_code == 404
        for _ in range(2):
            response = alices_program.post(f"{address}/restore")
            assert (response.status_code, response.json()["body"]) == (200, "Sour.")
        assert alices_program.get(address).status_code == 200

    def test_too_late(self, alices_program, post):
        Post.objects.update(deleted_at=timezone.now() - UNDO_FOR)
        response = alices_program.post(f"{POSTS}/{post.pk}/restore")
        assert response.status_code == 410
        assert response.json()["detail"] == "It is too late: the post is gone."


class TestSearch:
    def test_posts_and_people(self, visitor, post, bob):
        type(bob).objects.filter(pk=bob.pk).update(about="lemons")
        bob.refresh_from_db()
        bob.save()
        found = visitor.get("/api/v2/search?q=lemon").json()
        assert [each["id"] for each in found["posts"]] == [post.pk]
        assert [each["username"] for each in found["people"]] == ["bob"]

    def test_further_pages(self, visitor, alice):
        Post.objects.add([Post(author=alice, body=f"lemon {n}") for n in range(25)])
        found = visitor.get("/api/v2/search?q=lemon&page=2").json()
        assert (len(found["posts"]), found["people"]) == (5, [])

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("", "q"),
            ("q=", "q"),
            ("q=%00", "q"),
            (f"q={'x' * 201}", "q"),
            ("q=x&page=0", "page"),
            ("q=x&page=6", "page"),
            ("q=x&page=x", "page"),
        ],
    )
    def test_odd_questions(self, visitor, alice, query, name):
        response = visitor.get(f"/api/v2/search?{query}")
        assert (response.status_code, list(response.json()["errors"])) == (400, [name])

    @pytest.mark.parametrize("query", ["!!!", "%27%22*", "AND OR NOT", "%F0%9F%8D%8B"])
    def test_what_has_no_words(self, visitor, post, query):
        assert visitor.get(f"/api/v2/search?q={query}").json() == {"posts": [], "people": []}
