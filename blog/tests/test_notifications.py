import pytest

from blog.models import Notification, Post

URL = "/notifications/"
Kind = Notification.Kind


def told(person):
    return list(Notification.objects.shown_to(person).values_list("kind", flat=True))


def test_who_is_followed_is_told_once(alices, alice, bob):
    for verb in ("follow", "unfollow", "follow"):
        alices.post(f"/@bob/{verb}/")
    assert told(bob) == ["followed"]
    assert told(alice) == []


def test_nobody_is_told_of_what_they_did_themselves(alice):
    Notification.objects.tell(alice, kind=Kind.FOLLOWED, actor=alice)
    assert not Notification.objects.exists()


@pytest.mark.parametrize("tell_first", [True, False])
@pytest.mark.parametrize(
    "part",
    [
        lambda alice, bob: alice.mutes.add(bob),
        lambda alice, bob: alice.blocks.add(bob),
        lambda alice, bob: bob.blocks.add(alice),
    ],
    ids=["muted", "blocked", "blocked by"],
)
def test_people_who_are_apart_do_not_hear_of_each_other(tell_first, part, alice, bob):
    if tell_first:
        Notification.objects.tell(alice, kind=Kind.FOLLOWED, actor=bob)
        assert told(alice)
    part(alice, bob)
    Notification.objects.tell(alice, kind=Kind.FOLLOWED, actor=bob)
    assert not told(alice)


def test_of_a_deleted_post_nothing_is_told(alice, bob):
    post = Post.objects.create(author=bob, body="@alice")
    Notification.objects.tell(alice, kind=Kind.MENTIONED, actor=bob, post=post)
    assert told(alice)
    Post.objects.update(deleted_at=post.timestamp)
    assert not told(alice)


def test_the_list_marks_what_is_new_and_opening_it_is_reading_it(alices, alice, bob):
    post = Post.objects.create(author=bob, body="Hello @alice <b>")
    Notification.objects.tell(alice, kind=Kind.MENTIONED, actor=bob, post=post)
    page = alices.get(URL).content.decode()
    assert "<strong>bob</strong> mentions you" in page
    assert "Hello @alice &lt;b&gt;" in page
    assert "notification-unread" in page
    opened = alices.get(f"{URL}{Notification.objects.get().pk}/")
    assert opened["Location"] == f"/posts/{post.pk}/"
    assert "notification-unread" not in alices.get(URL).content.decode()


def test_an_export_is_told_of_with_its_page(alices, alice):
    Notification.objects.tell(alice, kind=Kind.EXPORT_READY, url="/exports/1/")
    Notification.objects.tell(alice, kind=Kind.EXPORT_READY, url="/exports/1/")
    assert told(alice) == ["export_ready"]
    assert b"Your export is ready" in alices.get(URL).content
    assert alices.get(f"{URL}{Notification.objects.get().pk}/")["Location"] == "/exports/1/"


def test_all_are_marked_as_read(alices, client, alice, bob):
    Notification.objects.tell(alice, kind=Kind.FOLLOWED, actor=bob)
    Notification.objects.tell(bob, kind=Kind.FOLLOWED, actor=alice)
    until = alices.get(URL).context["notifications"][0].pk
    Notification.objects.tell(alice, kind=Kind.EXPORT_READY, url="/exports/")  # meanwhile
    alices.post("/notifications/read/", {"until": "x"})
    alices.post("/notifications/read/", {"until": until})
    assert {each.kind for each in Notification.objects.shown_to(alice).unread()} == {"export_ready"}
    assert Notification.objects.shown_to(bob).unread().exists()
    alices.post("/notifications/read/", {"until": Notification.objects.latest("pk").pk})
    assert b"Mark all" not in alices.get(URL).content


def test_a_stranger_finds_nothing(alices, alice, bob):
    Notification.objects.tell(bob, kind=Kind.FOLLOWED, actor=alice)
    assert alices.get(f"{URL}{Notification.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("address", [URL, f"{URL}1/"])
def test_visitors_sign_in_first(address, client, db):
    assert client.get(address)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("rows", [1, 20])
def test_queries(rows, alices, alice, django_user_model, django_assert_max_num_queries):
    for number in range(rows):
        person = django_user_model.objects.create_user(f"p{number}", f"p{number}@example.com")
        post = Post.objects.create(author=person, body="@alice")
        Notification.objects.tell(alice, kind=Kind.MENTIONED, actor=person, post=post)
    with django_assert_max_num_queries(5):
        page = alices.get(URL).content.decode()
    assert page.count("mentions you") == rows
