"""The reference's contract for posts."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import Token
from blog.models import Post
from tasks.models import Task

from .conftest import Program

POSTS = "/api/v1/posts"


@pytest.fixture
def post(alice):
    post = Post(author=alice, title="Lemons", body="Sour.")
    post.publish()
    return post


def test_posts_are_public_and_the_latest_come_first(visitor, post, bob):
    Post(author=bob, title="Limes", body="Green.").publish()
    response = visitor.get(POSTS)
    assert response.status_code == 200
    assert [each["title"] for each in response.json()["posts"]] == ["Limes", "Lemons"]
    moment = post.timestamp.isoformat().replace("+00:00", "Z")
    assert response.json()["posts"][1] == {
        "id": post.pk,
        "title": "Lemons",
        "content": "Sour.",
        "user_id": post.author_id,
        "username": "alice",
        "created_at": moment,
        "updated_at": moment,
    }


def test_posts_of_one(visitor, post, bob):
    Post(author=bob, title="Limes", body="Green.").publish()
    titles = [each["title"] for each in visitor.get(f"{POSTS}?user_id={bob.pk}").json()["posts"]]
    assert titles == ["Limes"]
    assert visitor.get(f"{POSTS}?user_id={2**63 - 1}").json() == {"posts": []}


@pytest.mark.parametrize("value", ["x", "0", "-1", str(2**63), "9" * 5_000, "1.5", "%00", "1,2"])
def test_an_odd_person_is_told_by_name(visitor, post, value):
    response = visitor.get(f"{POSTS}?user_id={value}")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["user_id"]


def test_they_are_capped_and_linked(visitor, alice):
    moment = timezone.now()
    bodies = [str(number) for number in range(1_050)]
    # All of one moment: by that alone, no page could be told from the next one.
    Post.objects.add([Post(author=alice, body=body, timestamp=moment) for body in bodies])
    seen, url = [], POSTS
    while url:
        response = visitor.get(url)
        assert len(response.json()["posts"]) <= 100
        seen += [each["content"] for each in response.json()["posts"]]
        link = response.get("Link", "")
        url = link.partition('>; rel="next"')[0][1:] if 'rel="next"' in link else ""
    assert seen == bodies[::-1]


@pytest.mark.parametrize("rows", [10, 20])
def test_queries_of_the_list(visitor, alice, bob, rows, django_assert_num_queries):
    Post.objects.add(
        [Post(author=author, body="x") for author in (alice, bob) for _ in range(rows)]
    )
    with django_assert_num_queries(1):
        assert len(visitor.get(POSTS).json()["posts"]) == 2 * rows


def test_one_post(visitor, post):
    response = visitor.get(f"{POSTS}/{post.pk}/")
    assert (response.status_code, response.json()["title"]) == (200, "Lemons")


@pytest.mark.parametrize("pk", ["1000000", 2**63, 10**40, "9" * 5_000])
def test_one_that_is_not_there(visitor, post, pk):
    response = visitor.get(f"{POSTS}/{pk}")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


def test_what_is_deleted_or_of_who_is_no_more_is_not_there(visitor, post, alice):
    other = Post.objects.create(author=alice, body="x")
    other.remove()
    assert visitor.get(f"{POSTS}/{other.pk}").status_code == 404
    type(alice).objects.update(is_active=False)
    assert visitor.get(f"{POSTS}/{post.pk}").status_code == 404
    assert visitor.get(POSTS).json() == {"posts": []}


def test_who_is_blocked_sees_nothing(bobs_program, visitor, post, alice, bob):
    alice.block(bob)
    assert bobs_program.get(POSTS).json() == {"posts": []}
    assert bobs_program.get(f"{POSTS}/{post.pk}").status_code == 404
    assert bobs_program.put(f"{POSTS}/{post.pk}", {"title": "x"}).status_code == 404
    assert visitor.get(f"{POSTS}/{post.pk}").status_code == 200


def test_a_new_post_is_out_at_once_and_mail_is_queued(alices_program, alice, bob):
    bob.follow(alice)
    type(bob).objects.filter(pk=bob.pk).update(mail_new_posts=True)
    response = alices_program.post(POSTS, {"title": "Hello @bob", "content": "One\r\ntwo #lemons"})
    assert response.status_code == 201
    post = Post.objects.get()
    assert (post.author, post.title, post.body) == (alice, "Hello @bob", "One\ntwo #lemons")
    assert response["Location"] == f"/api/v1/posts/{post.pk}"
    assert response.json() == alices_program.get(response["Location"]).json()
    assert [task.job for task in Task.objects.all()] == ["blog.jobs.announce_post"]
    assert [told.kind for told in bob.notifications.all()] == ["mentioned"]
    assert post.tags.get().name == "lemons"


@pytest.mark.parametrize(
    "given",
    [{}, {"title": "x"}, {"content": "x"}, {"title": "", "content": "x"}, {"title": None}],
)
def test_what_is_missing_is_said_in_words(alices_program, given):
    response = alices_program.post(POSTS, given)
    assert response.status_code == 400
    assert response.json() == {"error": "Bad Request", "message": "Missing title or content"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content", " \n "),
        ("content", "x" * 501),
        ("content", "a\0b"),
        ("content", "\ud800"),
        ("content", 5),
        ("title", "x" * 141),
        ("title", "a\0b"),
        ("title", ["x"]),
        ("body", "x"),
        ("user_id", 1),
    ],
)
def test_bad_input_is_told_by_name(alices_program, name, value):
    response = alices_program.post(POSTS, {"title": "x", "content": "x"} | {name: value})
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [name]
    assert not Post.objects.exists()


def test_what_is_no_json_is_said_in_words(alices_program, visitor):
    response = alices_program.client.post(
        POSTS, {"title": "x", "content": "x"}, headers=alices_program.headers
    )
    assert (response.status_code, response.json()["message"]) == (400, "Request must be JSON")
    response = visitor.post(POSTS, {"title": "x", "content": "x"})
    assert (response.status_code, response.json()["message"]) == (401, "Missing token")


def test_a_token_to_read_does_not_write(alice, post):
    program = Program(alice, ["read"])
    assert program.get(POSTS).status_code == 200
    assert program.post(POSTS, {"title": "x", "content": "x"}).status_code == 403
    assert program.put(f"{POSTS}/{post.pk}", {"title": "x"}).status_code == 403
    assert program.delete(f"{POSTS}/{post.pk}").status_code == 403
    assert Token.objects.get().used_at


def test_creating_is_cheap(alices_program, bob, django_assert_max_num_queries):
    alices_program.get("/api/v1/users")
    with django_assert_max_num_queries(12):
        alices_program.post(POSTS, {"title": "x", "content": "#lemons"})


def test_some_of_it_is_changed(alices_program, post):
    response = alices_program.put(f"{POSTS}/{post.pk}", {"content": "Sweet."})
    assert response.status_code == 200
    post.refresh_from_db()
    assert (post.title, post.body) == ("Lemons", "Sweet.")
    assert response.json()["content"] == "Sweet."
    assert response.json()["updated_at"] > response.json()["created_at"]
    assert post.revisions.get().body == "Sour."


def test_nothing_to_change_changes_nothing(alices_program, post):
    assert alices_program.put(f"{POSTS}/{post.pk}", {}).json()["content"] == "Sour."
    assert not post.revisions.exists()


@pytest.mark.parametrize("given", [{"content": ""}, {"title": ""}, {"title": None}])
def test_nothing_is_changed_to_nothing(alices_program, post, given):
    response = alices_program.put(f"{POSTS}/{post.pk}", given)
    assert (response.status_code, response.json()["message"]) == (400, "Missing title or content")


def test_what_was_changed_meanwhile_is_not_written_over(alices_program, post, monkeypatch):
    def meanwhile(*texts):
        Post.objects.update(edited_at=timezone.now() + timedelta(seconds=1))
        return "en"

    monkeypatch.setattr("blog.languages.guess", meanwhile)
    response = alices_program.put(f"{POSTS}/{post.pk}", {"content": "Sweet."})
    assert (response.status_code, response.json()["error"]) == (409, "Conflict")


def test_only_the_author_and_admins_change_it(bobs_program, admins_program, visitor, post):
    address = f"{POSTS}/{post.pk}"
    response = bobs_program.put(address, {"title": "Mine"})
    assert (response.status_code, response.json()["message"]) == (
        403,
        "You can only edit your own posts unless you are an admin",
    )
    assert visitor.put(address, {"title": "Mine"}).status_code == 401
    assert admins_program.put(address, {"title": "Citrus"}).json()["title"] == "Citrus"


def test_only_the_author_and_admins_delete_it(bobs_program, alices_program, visitor, post):
    address = f"{POSTS}/{post.pk}"
    response = bobs_program.delete(address)
    assert (response.status_code, response.json()["message"]) == (
        403,
        "You can only delete your own posts unless you are an admin",
    )
    assert visitor.delete(address).status_code == 401
    response = alices_program.delete(address)
    assert (response.status_code, response.json()) == (200, {"message": "Post deleted"})
    assert alices_program.delete(address).status_code == 404


def test_what_an_admin_deletes_goes_where_others_go(admins_program, post):
    assert admins_program.delete(f"{POSTS}/{post.pk}").status_code == 200
    assert Post.with_deleted.get().deleted_at
    assert Task.objects.get().job == "blog.jobs.purge_post"


def test_an_admin_is_stopped_by_no_block(admins_program, post, alice, django_user_model):
    alice.block(django_user_model.objects.get(username="root"))
    assert admins_program.delete(f"{POSTS}/{post.pk}").status_code == 200


def test_only_an_admin_deletes_all(alices_program, admins_program, visitor, post, bob):
    Post.objects.create(author=bob, body="x")
    response = alices_program.delete(f"{POSTS}/all")
    assert (response.status_code, response.json()["message"]) == (
        403,
        "Only an admin can delete all posts",
    )
    assert visitor.delete(f"{POSTS}/all").status_code == 401
    assert Post.objects.count() == 2
    response = admins_program.delete(f"{POSTS}/all")
    assert (response.status_code, response.json()) == (200, {"message": "All posts deleted"})
    assert visitor.get(POSTS).json() == {"posts": []}
    assert admins_program.delete(f"{POSTS}/all").status_code == 200


def test_staff_only_does_what_it_has_the_permission_for(staff, post):
    address, program = f"{POSTS}/{post.pk}", Program(staff)
    assert program.put(address, {"title": "Mine"}).status_code == 403
    assert program.delete(address).status_code == 403
    assert program.delete(f"{POSTS}/all").status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="change_post"))
    assert program.put(address, {"title": "Citrus"}).status_code == 200
    assert program.delete(f"{POSTS}/all").status_code == 403
    staff.user_permissions.set([Permission.objects.get(codename="delete_post")])
    assert program.put(address, {"title": "Mine"}).status_code == 403
    assert program.delete(address).status_code == 200
    assert program.delete(f"{POSTS}/all").status_code == 200


def test_a_permission_without_staff_status_is_none(bob, bobs_program, post):
    bob.user_permissions.add(Permission.objects.get(codename="delete_post"))
    assert bobs_program.delete(f"{POSTS}/{post.pk}").status_code == 403


def test_what_all_posts_went_with_does_not_come_back(admins_program, alices_program, post):
    assert admins_program.delete(f"{POSTS}/all").status_code == 200
    response = alices_program.post(f"/api/v2/posts/{post.pk}/restore")
    assert response.status_code == 410
    assert not Post.objects.exists()


def test_deleted_by_somebody_else_in_this_very_moment(alices_program, post, monkeypatch):
    monkeypatch.setattr(Post, "is_to_be_deleted_by", lambda post, _: Post.objects.all().delete())
    response = alices_program.delete(f"{POSTS}/{post.pk}")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


def test_other_methods_are_refused_in_json(visitor, post):
    for address in (POSTS, f"{POSTS}/{post.pk}"):
        response = visitor.patch(address)
        assert (response.status_code, response.json()["error"]) == (405, "Method Not Allowed")


def test_head_is_public_too(visitor, post):
    assert visitor.client.head(f"{POSTS}/{post.pk}").status_code == 200
