import re

import pytest

from blog import drafts
from blog.models import Post
from blog.timelines import PAGE_SIZE
from conftest import PASSWORD


def write(author, count):
    return [Post.objects.create(author=author, body=f"post {n}") for n in range(count)]


@pytest.mark.django_db
def test_a_visitor_is_welcomed(client):
    assert b"Make an account" in client.get("/").content


def test_what_is_posted_after_the_session_ended_waits_for_the_sign_in(client, alice):
    form = {"title": "t", "body": "half a thought\n", "writer": alice.pk}
    response = client.post("/", form, follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=/"
    assert b"Sign in, and your text is there again" in response.content
    client.post("/accounts/login/?next=/", {"username": "alice", "password": PASSWORD})
    form = client.get("/").context["form"]
    assert (form["title"].value(), form["body"].value()) == ("t", "half a thought\n")
    assert not client.get("/").context["form"]["body"].value()
    assert not Post.objects.exists()


def test_visitors_can_leave_only_so_much(client, db):
    client.post("/", {"body": "x" * 100_000})
    assert len(client.session["draft"]["body"]) == drafts.MAX_LENGTH


@pytest.mark.parametrize("address", ["/", "/@alice/", "/posts/1/"])
def test_other_methods_are_rejected(alices, address):
    assert alices.put(address).status_code == 405


def test_a_post_is_written(alices, alice):
    assert alices.post("/", {"title": "", "body": " a\r\nb "})["Location"] == "/"
    assert alice.posts.get().body == " a\nb "


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"title": "t", "body": ""}, "body", "Write something first"),
        ({"title": "t", "body": " \n "}, "body", "Write something first"),
        ({"title": "t", "body": "x" * 501}, "body", "500"),
        ({"title": "t", "body": "a\0b"}, "body", "Null characters"),
        ({"title": "t" * 141, "body": "b"}, "title", "140"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(alices, form, field, words):
    response = alices.post("/", form)
    assert words in str(response.context["form"].errors[field])
    assert response.context["form"]["body"].value() == form["body"]
    assert response.context["form"]["title"].value() == form["title"]
    assert not Post.objects.exists()


def test_the_field_of_an_error_is_tied_to_it(alices):
    page = alices.post("/", {"body": ""}).content.decode()
    assert re.search(
        r'<textarea[^>]*aria-invalid="true"[^>]*aria-describedby="id_body_error"', page
    )
    assert 'id="id_body_error"' in page


def test_browsers_do_not_count_for_us(alices):
    assert b"maxlength" not in alices.get("/").content


def test_home_shows_ones_own_posts_newest_first(alices, alice, bob):
    write(bob, 1)
    mine = write(alice, 3)
    assert alices.get("/").context["page"].posts == mine[::-1]


def test_markup_is_shown_as_text(alices, alice):
    post = Post.objects.create(author=alice, title="<b>", body="<script>alert(1)</script>")
    page = alices.get(post.get_absolute_url()).content
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;" in page


def test_pages_go_on_where_the_last_one_ended_while_people_post(alices, alice):
    posts = write(alice, 2 * PAGE_SIZE)[::-1]
    first = alices.get("/")
    write(alice, 3)
    second = alices.get("/", {"before": first.context["page"].older})
    assert first.context["page"].posts + second.context["page"].posts == posts
    assert second.context["page"].older == ""


@pytest.mark.parametrize(
    "cursor",
    ["x", "_", "2026-01-01_1", "0001-01-01T00:00:00+23:59_1", "2026-01-01T00:00:00+00:00_x", "\0"],
)
def test_a_cursor_that_is_none_shows_the_first_page(alices, alice, cursor):
    posts = write(alice, 1)
    assert alices.get("/", {"before": cursor}).context["page"].posts == posts


def test_a_cursor_may_name_any_number(alices, alice):
    assert alices.get("/", {"before": f"2020-01-01T00:00:00+00:00_{10**30}"}).status_code == 200
    assert alices.get(f"/posts/{10**30}/").status_code == 404


@pytest.mark.parametrize("rows", [10, 20])
def test_pages_need_the_same_number_of_queries_for_more_rows(
    alices, alice, rows, django_assert_num_queries
):
    write(alice, rows)
    for address, queries in (("/", 5), ("/@alice/", 6)):  # and how many exports are left
        with django_assert_num_queries(queries):
            alices.get(address)


def test_a_visitor_costs_no_query_for_tasks(client, alice, django_assert_num_queries):
    with django_assert_num_queries(2):  # the person, the posts
        client.get("/@alice/")


def test_a_profile_is_found_in_any_case(client, alice):
    write(alice, 1)
    response = client.get("/@ALICE/")
    assert response.context["person"] == alice
    assert b"Export my posts" not in response.content


def test_ones_own_profile_has_the_export_button(alices):
    assert b"Export my posts" in alices.get("/@alice/").content


def test_who_was_deactivated_is_not_found(client, alice):
    (post,) = write(alice, 1)
    alice.is_active = False
    alice.save()
    for address in ("/@alice/", post.get_absolute_url()):
        assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_a_profile_of_nobody_is_not_found(client):
    assert client.get("/@nobody/").status_code == 404
    assert client.get("/@not-a-name/").status_code == 404
