"""How a program registers, and the tutorial's resources."""

import pytest

from accounts.models import User
from blog.models import Post

USERS = "/api/v1/users"
PASSWORD = "correct horse battery staple"


def test_a_name_and_a_password_are_enough(visitor):
    response = visitor.post(USERS, {"username": "susan", "password": PASSWORD})
    assert response.status_code == 201
    susan = User.objects.get(username="susan")
    assert susan.check_password(PASSWORD)
    assert response["Location"] == f"/api/v1/users/{susan.pk}"
    assert response.json() == {
        "id": susan.pk,
        "username": "susan",
        "display_name": "",
        "email": "",
        "last_seen": None,
        "about_me": "",
        "post_count": 0,
        "follower_count": 0,
        "following_count": 0,
        "_links": {
            "self": f"/api/v1/users/{susan.pk}",
            "followers": f"/api/v1/users/{susan.pk}/followers",
            "following": f"/api/v1/users/{susan.pk}/following",
            "avatar": "/@susan/avatar/?v=drawn",
        },
    }
    login = visitor.post("/api/v1/login", {"username": "susan", "password": PASSWORD})
    assert login.status_code == 200


def test_two_without_an_address(visitor):
    for name in ("susan", "tom"):
        given = {"username": name, "password": PASSWORD, "email": ""}
        assert visitor.post(USERS, given).status_code == 201


def test_an_address_and_the_language_are_kept(visitor):
    given = {"username": "susan", "password": PASSWORD, "email": "susan@example.com"}
    assert visitor.post(USERS, given, Accept_Language="es").json()["email"] == "susan@example.com"
    assert User.objects.get(username="susan").language == "es"


@pytest.mark.parametrize(
    "given", [{}, {"username": "susan"}, {"password": PASSWORD}, {"username": "", "password": "x"}]
)
def test_what_is_missing_is_said_in_words(visitor, given):
    response = visitor.post(USERS, given)
    assert response.status_code == 400
    assert response.json() == {"error": "Bad Request", "message": "Missing username or password"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("username", "ALICE", "This user name is taken. Please choose another."),
        ("username", "a b", "A user name has only letters"),
        ("username", "x" * 31, "no more than 30"),
        ("username", "x\0", "Null characters"),
        ("username", 7, "not of the right type"),
        ("email", "Alice@Example.com", "This e-mail address belongs to another account."),
        ("email", "nothing", "Enter a valid email address."),
        ("email", '"a\nb"@example.com', ""),
        ("password", "123", "too short"),
        ("password", "password", "too common"),
        ("password", "susan_susan", "too similar"),
        ("is_staff", True, "There is no such field."),
    ],
)
def test_what_can_not_be_is_told_by_name(visitor, alice, name, value, words):
    given = {"username": "susan_susan", "password": PASSWORD} | {name: value}
    response = visitor.post(USERS, given)
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [name]
    assert words in " ".join(response.json()["fields"][name])
    assert User.objects.count() == 1


def test_what_is_wrong_is_also_said_in_one_sentence(visitor, alice):
    response = visitor.post(USERS, {"username": "Alice", "password": PASSWORD})
    assert response.json()["message"] == "This user name is taken. Please choose another."


def test_who_was_a_moment_faster_keeps_the_name(visitor, monkeypatch):
    from accounts.forms import RegisterForm

    save = RegisterForm.save

    def save_later(form):
        User.objects.create_user("susan")
        return save(form)

    monkeypatch.setattr(RegisterForm, "save", save_later)
    response = visitor.post(USERS, {"username": "susan", "password": PASSWORD})
    assert (response.status_code, response.json()["error"]) == (409, "Conflict")


def test_people_are_listed_in_pages(alices_program, alice, bob):
    response = alices_program.get(f"{USERS}?per_page=1")
    assert response.status_code == 200
    assert [person["username"] for person in response.json()["items"]] == ["bob"]
    assert response.json()["_meta"] == {
        "page": 1,
        "per_page": 1,
        "total_pages": 2,
        "total_items": 2,
    }
    links = response.json()["_links"]
    assert links == {
        "self": "/api/v1/users?page=1&per_page=1",
        "next": "/api/v1/users?page=2&per_page=1",
        "prev": None,
    }
    second = alices_program.get(links["next"]).json()
    assert [person["username"] for person in second["items"]] == ["alice"]
    assert second["_links"]["prev"] == links["self"]
    assert alices_program.get(f"{USERS}?page=10000").json()["items"] == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=10001", "page=x", "page=", "per_page=0", "per_page=101"]
)
def test_odd_pages_are_told_by_name(alices_program, query):
    response = alices_program.get(f"{USERS}?{query}")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [query.partition("=")[0]]


def test_the_pages_end_where_counting_would_cost_too_much(alices_program, bob, monkeypatch):
    monkeypatch.setattr("blog.api.v1.people.COUNTED", 3)
    User.objects.bulk_create(User(username=f"p{n}", email=f"{n}@example.com") for n in range(5))
    page = alices_program.get(f"{USERS}?per_page=2&page=2").json()
    assert [person["username"] for person in page["items"]] == ["p2"]
    assert (page["_meta"]["total_items"], page["_links"]["next"]) == (3, None)


def test_an_address_is_seen_by_oneself_only(alices_program, alice, bob):
    mine = alices_program.get(f"{USERS}/{alice.pk}").json()
    assert mine["email"] == "alice@example.com"
    assert "email" not in alices_program.get(f"{USERS}/{bob.pk}").json()
    listed = alices_program.get(USERS).json()["items"]
    assert [("email" in person) for person in listed] == [False, True]


def test_what_people_have_is_counted(alices_program, alice, bob):
    Post.objects.create(author=alice, body="x")
    bob.follow(alice)
    person = alices_program.get(f"{USERS}/{alice.pk}").json()
    counts = [person[f"{what}_count"] for what in ("post", "follower", "following")]
    assert counts == [1, 1, 0]


def test_followers_and_following_the_latest_first(alices_program, alice, bob):
    carol = User.objects.create_user("carol", "carol@example.com")
    for person in (carol, bob):
        person.follow(alice)
    page = alices_program.get(f"{USERS}/{alice.pk}/followers?per_page=1").json()
    assert [person["username"] for person in page["items"]] == ["bob"]
    assert page["_meta"]["total_items"] == 2
    page = alices_program.get(f"{USERS}/{bob.pk}/following").json()
    assert [person["username"] for person in page["items"]] == ["alice"]


def test_between_whom_there_is_a_block_is_not_listed(alices_program, alice, bob):
    carol = User.objects.create_user("carol", "carol@example.com", about="I like limes.")
    carol.follow(bob)
    carol.block(alice)
    for address in (USERS, f"{USERS}/{bob.pk}/followers"):
        names = [person["username"] for person in alices_program.get(address).json()["items"]]
        assert "carol" not in names
    assert alices_program.get(f"{USERS}/{carol.pk}").json()["about_me"] == ""


def test_one_says_something_else_of_oneself(alices_program, alice):
    given = {"about_me": "I like\r\nlemons.", "display_name": " Alice L. "}
    given |= {"username": "alice", "email": "alice@example.com"}
    response = alices_program.put(f"{USERS}/{alice.pk}", given)
    assert response.status_code == 200
    assert response.json()["about_me"] == "I like\nlemons."
    alice.refresh_from_db()
    assert (alice.display_name, alice.about) == ("Alice L.", "I like\nlemons.")
    alices_program.put(f"{USERS}/{alice.pk}", {"display_name": ""})
    alice.refresh_from_db()
    assert (alice.display_name, alice.about) == ("", "I like\nlemons.")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("username", "alicia", "can't be changed"),
        ("email", "new@example.com", "confirmed by mail"),
        ("about_me", "x" * 281, "no more than 280"),
        ("display_name", "\u202e", "control characters"),
        ("display_name", "a\0", "Null characters"),
        ("password", "x", "There is no such field."),
    ],
)
def test_what_can_not_be_changed_is_told_by_name(alices_program, alice, name, value, words):
    response = alices_program.put(f"{USERS}/{alice.pk}", {name: value})
    assert response.status_code == 400
    assert words in " ".join(response.json()["fields"][name])
    before = alice.display_name, alice.about
    alice.refresh_from_db()
    assert (alice.display_name, alice.about) == before


def test_nobody_changes_another_one(bobs_program, visitor, alice):
    response = bobs_program.put(f"{USERS}/{alice.pk}", {"about_me": "x"})
    assert (response.status_code, response.json()["message"]) == (
        403,
        "You can only edit your own account",
    )
    assert bobs_program.put(f"{USERS}/1000000", {"about_me": "x"}).status_code == 404


def test_visitors_are_told_nothing_of_people(visitor, alice):
    for path in ("", f"/{alice.pk}", f"/{alice.pk}/followers", f"/{alice.pk}/following"):
        response = visitor.get(USERS + path)
        assert (response.status_code, response.json()["message"]) == (401, "Missing token")


@pytest.mark.parametrize("path", ["{}", "{}/followers", "{}/following"])
def test_who_is_not_there(alices_program, bob, path):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for pk in (bob.pk, 1_000_000, 10**30):
        assert alices_program.get(f"{USERS}/{path.format(pk)}").status_code == 404


@pytest.mark.parametrize("rows", [10, 20])
def test_queries(alices_program, alice, rows, django_assert_num_queries):
    people = [User(username=f"p{n}", email=f"{n}@example.com") for n in range(rows)]
    for person in User.objects.bulk_create(people):
        person.follow(alice)
    alices_program.get(USERS)  # which notes the use of the token
    for path, queries in (("", 3), (f"/{alice.pk}", 2), (f"/{alice.pk}/followers", 4)):
        with django_assert_num_queries(queries):
            alices_program.get(f"{USERS}{path}")
