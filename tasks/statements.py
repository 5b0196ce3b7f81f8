"""Statements that the ORM has no words for, as RETURNING, or LIMIT in a part of a UNION; and those
that are composed once, for it takes longer to compose the claim of a task than a database to carry
it out."""

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import chain

from django.db import connection, models
from django.db.models.sql import UpdateQuery


class Given(models.Expression):
    """Stands for a value that is given, by its name, each time the statement is executed."""

    def __init__(self, name: str, output_field: models.Field):
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]

    def of(self, values):
        return self.output_field.get_db_prep_value(values[self.name], connection)


class Select:
    """SELECT what `rows()` does, a QuerySet in which a `Given` may stand for a value. What is not
    given stays as it was when it was composed: no time of Python's may stand in it."""

    def __init__(self, rows: Callable[[], models.QuerySet]):
        self.rows = rows

    def one(self, **given) -> tuple | None:
        """Return the values of the first row."""
        sql, parameters = self._composed
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(parameters, given))
            return cursor.fetchone()

    def all(self, **given) -> list[models.Model]:
        sql, parameters = self._composed
        return list(self._query.model.objects.raw(sql, _filled(parameters, given)))

    @cached_property
    def _composed(self):
        return self._query.get_compiler(connection=connection).as_sql()

    @cached_property
    def _query(self):
        return self.rows().query


class Update:
    """UPDATE `rows()`, a QuerySet, with `changes`; in both, a `Given` may stand for a value."""

    def __init__(self, rows: Callable[[], models.QuerySet], **changes):
        self.rows = rows
        self.changes = changes

    def execute(self, **given) -> int:
        """Return how many rows it changed."""
        with connection.cursor() as cursor:
            cursor.execute(*self._fill(given))
            return cursor.rowcount

    def returning(self, **given) -> list[models.Model]:
        """Return the rows as they are now."""
        sql, parameters = self._fill(given)
        columns = ", ".join(
            connection.ops.quote_name(each.column)
            for each in self._query.model._meta.concrete_fields
        )
        return list(self._query.model.objects.raw(f"{sql} RETURNING {columns}", parameters))

    def _fill(self, given):
        sql, parameters = self._composed
        return sql, _filled(parameters, given)

    @cached_property
    def _composed(self):
        return self._query.get_compiler(connection=connection).as_sql()

    @cached_property
    def _query(self):
        query = self.rows().query.chain(UpdateQuery)
        query.add_update_values(self.changes)
        return query


def for_each(given: list[dict], rows: models.QuerySet) -> Iterable[list]:
    """The rows of a QuerySet with values_list(), in which a `Given` may stand for a value, for each
    of `given` in one statement. The last value of each row is the place in `given`."""
    compiler = rows.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    parts = (f"SELECT part.*, {place} FROM ({sql}) AS part" for place in range(len(given)))  # noqa: S608 (the ORM's own)
    filled = chain.from_iterable(_filled(parameters, each) for each in given)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [*filled])
        return compiler.results_iter([cursor.fetchall()])


def _filled(parameters, given):
    return [each.of(given) if isinstance(each, Given) else each for each in parameters]
