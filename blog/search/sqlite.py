"""The search in SQLite: FTS5 (https://www.sqlite.org/fts5.html). Its tokenizer only splits at the
spaces between our terms."""

from django.db import connection

CANDIDATES = 1_000  # the newest of what matches is ranked: of a frequent word there are too many


def create(cursor, table):
    tokenizer = "unicode61 remove_diacritics 0"
    cursor.execute(f'CREATE VIRTUAL TABLE {table} USING fts5(terms, tokenize = "{tokenizer}")')


def put(table, rows):
    """`rows`: (id, terms); what was there of the same id goes."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT OR REPLACE INTO {table} (rowid, terms) VALUES (%s, %s)",
            [(pk, " ".join(terms)) for pk, terms in rows],
        )


def remove(table, pks):
    if not pks:
        return
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {table} WHERE rowid = %s", [(pk,) for pk in pks])


def remove_all_but(table, other):
    """Remove what is not in the table `other`."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE rowid NOT IN (SELECT id FROM {other})")


def find(table, wanted, *, begun) -> list[int]:
    """The ids, best first. `wanted`: as `words.wanted()` has it; begun: the last of them may be
    the beginning of a word."""
    groups = [" OR ".join(f'"{term}"' for term in sorted(group)) for group in wanted]
    if begun:
        groups[-1] = " OR ".join(f'"{term}" *' for term in sorted(wanted[-1]))
    query = " AND ".join(f"({group})" for group in groups)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM (SELECT rowid AS id, bm25({table}) AS score FROM {table}"
            f" WHERE {table} MATCH %s ORDER BY rowid DESC LIMIT {CANDIDATES})"
            " ORDER BY score, id DESC",
            [query],
        )
        return [pk for (pk,) in cursor.fetchall()]
