"""Pages of a post with what was said around it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blog import threads
from blog.models import Post
from blog.threads import PAGE_SIZE


def say(author, body, reply_to=None):
    thread = reply_to and (reply_to.thread or reply_to.pk)
    return Post.objects.create(author=author, body=body, reply_to=reply_to, thread=thread)


def answer(author, post, count):
    """So many answers to the post, oldest first."""
    return Post.objects.bulk_create(
        Post(author=author, body=str(number), reply_to=post, thread=post.thread or post.pk)
        for number in range(count)
    )


def pages(client, address):
    """All posts below, page by page as the links lead."""
    while address:
        thread = client.get(address).context["thread"]
        yield thread.below
        address = thread.more and (
            thread.more if thread.more.startswith("/") else address.partition("?")[0] + thread.more
        )


@pytest.fixture
def root(alice):
    return say(alice, "root")


@pytest.fixture
def middle(bob, root):
    return say(bob, "middle", reply_to=root)


@pytest.mark.parametrize("where", ["root", "middle"])
def test_a_long_thread_has_pages_and_no_answer_is_lost(where, request, alices, root, bob):
    post = request.getfixturevalue(where)
    answers = answer(bob, post, 2 * PAGE_SIZE + 1)
    found = list(pages(alices, post.get_absolute_url()))
    assert [len(page) for page in found] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert sum(found, []) == answers


def test_one_s_answer_beyond_the_page_is_shown_on_its_own(alices, root, bob):
    answer(bob, root, PAGE_SIZE + 1)
    page = alices.post(root.get_absolute_url(), {"body": "the latest"}, follow=True)
    latest = Post.objects.get(body="the latest")
    assert page.redirect_chain == [(latest.get_absolute_url(), 302)]
    assert page.context["thread"].above == [root]


def test_of_answers_to_answers_those_below_are_found_among_others(alices, alice, root, middle, bob):
    aside = answer(bob, root, 3)
    first = say(alice, "first", reply_to=middle)
    answer(alice, aside[0], 3)
    second = say(bob, "second", reply_to=first)
    assert list(pages(alices, middle.get_absolute_url())) == [[first, second]]


def test_beyond_what_is_read_the_way_leads_to_the_whole_thread(
    alices, alice, root, middle, bob, monkeypatch
):
    monkeypatch.setattr(threads, "READ_MOST", 5)
    near = say(alice, "near", reply_to=middle)
    others = answer(bob, root, 6)
    far = say(alice, "far", reply_to=middle)
    assert list(pages(alices, middle.get_absolute_url())) == [[near], [*others[4:], far]]


def test_of_a_deep_thread_the_nearest_are_above(alices, alice, root):
    deep = [root]
    for number in range(PAGE_SIZE + 5):
        deep.append(say(alice, str(number), reply_to=deep[-1]))
    assert alices.get(deep[-1].get_absolute_url()).context["thread"].above == deep[5:-1]
    assert alices.get(deep[9].get_absolute_url()).context["thread"].above == deep[:9]


def test_what_may_not_be_seen_ends_what_is_above(alices, alice, root, middle, bob):
    last = say(alice, "last", reply_to=say(alice, "near", reply_to=middle))
    alice.block(bob)
    above = alices.get(last.get_absolute_url()).context["thread"].above
    assert [post.body for post in above] == ["near"]


@pytest.mark.parametrize("where", ["root", "middle"])
def test_queries_and_rows_do_not_grow(where, request, alices, root, bob):
    """However long a thread is, its page is read by queries that each have a limit."""
    post = request.getfixturevalue(where)
    counts = []
    for _ in range(2):
        answer(bob, post, 10)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert alices.get(post.get_absolute_url()).context["thread"].below
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8
    lists = [each["sql"] for each in queries if '"thread" = ' in each["sql"]]
    assert lists and all(" LIMIT " in sql for sql in lists)
