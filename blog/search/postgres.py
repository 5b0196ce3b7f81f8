"""The search in PostgreSQL: tsvector, made of our terms without a dictionary or parser of its own.
See https://www.postgresql.org/docs/current/textsearch.html."""

from django.db import connection

CANDIDATES = 1_000  # the newest of what matches is ranked: of a frequent word there are too many
POSITION_MAX = 16_383


def create(cursor, table):
    cursor.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, terms tsvector NOT NULL)")
    cursor.execute(f"CREATE INDEX {table}_terms ON {table} USING gin (terms)")


def put(table, rows):
    """`rows`: (id, terms); what was there of the same id goes."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (id, terms)"
            " SELECT id, terms::tsvector FROM unnest(%s::bigint[], %s::text[]) AS rows (id, terms)"
            " ON CONFLICT (id) DO UPDATE SET terms = excluded.terms",
            [[pk for pk, _ in rows], [_vector(terms) for _, terms in rows]],
        )


def remove(table, pks):
    if not pks:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [pks])


def remove_all_but(table, other):
    """Remove what is not in the table `other`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS"
            f" (SELECT 1 FROM {other} WHERE {other}.id = {table}.id)"
        )


def find(table, wanted, *, begun) -> list[int]:
    """The ids, best first. `wanted`: as `words.wanted()` has it; begun: the last of them may be
    the beginning of a word."""
    groups = [" | ".join(f"'{term}'" for term in sorted(group)) for group in wanted]
    if begun:
        groups[-1] = " | ".join(f"'{term}':*" for term in sorted(wanted[-1]))
    query = " & ".join(f"({group})" for group in groups)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM (SELECT id, terms FROM {table} WHERE terms @@ %s::tsquery"
            f" ORDER BY id DESC LIMIT {CANDIDATES}) AS candidates"
            " ORDER BY ts_rank_cd(terms, %s::tsquery, 1) DESC, id DESC",
            [query, query],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _vector(terms):
    # Terms are letters and digits, so there is nothing to escape.
    return " ".join(f"'{term}':{min(place, POSITION_MAX)}" for place, term in enumerate(terms, 1))
