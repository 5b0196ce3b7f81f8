"""Full text search over posts and people.

What a word is, and which words are the same one, is decided in `words`, in Python: so SQLite (FTS5)
and PostgreSQL (tsvector) answer alike, which their own dictionaries would not do; and Chinese is
found, for which both have none. The databases keep the terms, find and rank.

A row and its terms are written in one transaction: `receivers` sees to each save, and to people who
are deleted; posts see to their deletion themselves. Who writes rows in bulk calls `index_posts()`.
"""

from django.db import connection, transaction

from . import postgres, sqlite, words

POSTS, PEOPLE = "blog_search_posts", "blog_search_people"  # tables
QUERY_MAX_LENGTH = 200  # characters; what is beyond is not looked for
BEST = 100  # results at most
BATCH = 2_000  # rows


def database():
    """The module that speaks to the database in use."""
    return {"sqlite": sqlite, "postgresql": postgres}[connection.vendor]


def index_posts(posts):
    """Let the posts, which are saved, be found; not those that are deleted."""
    there = [post for post in posts if post.deleted_at is None]
    database().put(POSTS, [(post.pk, words.terms(post.title, post.body)) for post in there])
    database().remove(POSTS, [post.pk for post in posts if post.deleted_at])


def index_people(people):
    """Let the people, who are saved, be found; not those who are inactive."""
    active = [person for person in people if person.is_active]
    database().put(
        PEOPLE,
        [(each.pk, words.terms(each.username, each.display_name, each.about)) for each in active],
    )
    database().remove(PEOPLE, [person.pk for person in people if not person.is_active])


def forget_posts(pks):
    database().remove(POSTS, pks)


def forget_person(person):
    database().remove(PEOPLE, [person.pk])


def find_posts(query: str, posts) -> list:
    """The best of the QuerySet `posts` that have all words of `query`, best first, at most BEST."""
    return _find(POSTS, query, posts)


def find_people(query: str, people) -> list:
    """As `find_posts`; the last word may be the beginning of one."""
    return _find(PEOPLE, query, people, begun=True)


def _find(table, query, rows, begun=False):
    wanted = words.wanted(query[:QUERY_MAX_LENGTH])
    if not wanted:
        return []
    ranked = database().find(table, wanted, begun=begun)
    found = []
    # Mostly the first ones are enough. The rest is asked for when not all of them may be seen.
    for pks in (ranked[:BEST], ranked[BEST:]):
        if pks and len(found) < min(BEST, len(ranked)):
            by_pk = rows.in_bulk(pks)
            found += [by_pk[pk] for pk in pks if pk in by_pk]
    return found[:BEST]


def rebuild(post_model, user_model, progress=lambda count: None):
    """Index all posts and people anew, in batches that each are locked while they are read, so that
    nothing written meanwhile is lost. `progress(count)` is told of each batch. The models may be
    those of a migration."""
    for model, index in ((post_model, index_posts), (user_model, index_people)):
        last = 0
        while True:
            with transaction.atomic():
                rows = model._base_manager.filter(pk__gt=last).order_by("pk")
                batch = list(rows.select_for_update()[:BATCH])
                index(batch)
            if not batch:
                break
            last = batch[-1].pk
            progress(len(batch))
    prune(post_model, user_model)


def prune(post_model, user_model):
    """Forget what is not there any more, if there is an index."""
    tables = connection.introspection.table_names()
    for table, model in ((POSTS, post_model), (PEOPLE, user_model)):
        if table in tables:
            database().remove_all_but(table, model._meta.db_table)
