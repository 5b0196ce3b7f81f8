"""Statements that the ORM has no words for, as RETURNING, or LIMIT in a part of a UNION; and those
that are composed once, for it takes longer to compose the claim of a task than a database to carry
it out."""

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from itertools import chain

from django.db import connection, models
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery

SELECTS_KEPT = 100  # of each kind
INTEGER_BITS = 63


class Given(models.Expression):
    """Stands for a value that is given, by its name, each time the statement is executed."""

    def __init__(self, name: str, output_field: models.Field):
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]

    def of(self, values):
        """Raises OverflowError for a number that no column has."""
        value = self.output_field.get_db_prep_value(values[self.name], connection)
        if isinstance(value, int) and value.bit_length() > INTEGER_BITS:
            raise OverflowError(f"{self.name} is too large")
        return value


class Select:
    """SELECT what `rows()` does, a QuerySet in which a `Given` may stand for a value. What is not
    given stays as it was when it was composed: no time of Python's may stand in it."""

    def __init__(self, rows: Callable[[], models.QuerySet]):
        self.rows = rows

    def one(self, **given) -> tuple | None:
        """Return the values of the first row."""
        with connection.cursor() as cursor:
            self._execute(cursor, given)
            return cursor.fetchone()

    def first(self, **given) -> models.Model | None:
        return next(iter(self.all(**given)), None)

    def all(self, **given) -> list[models.Model]:
        """Return the rows, with what the QuerySet annotates and has by select_related()."""
        with connection.cursor() as cursor:
            self._execute(cursor, given)
            rows = cursor.fetchall()
        return self._made(rows) if rows else []

    def _execute(self, cursor, given):
        sql, parameters = self._composed
        cursor.execute(sql, _filled(parameters, given))

    def _made(self, rows):
        """As ModelIterable makes them, of QuerySets that are composed each time."""
        compiler, converters, own, names, populators = self._parts
        model, alias = compiler.klass_info["model"], connection.alias
        made = []
        for row in compiler.apply_converters(rows, converters) if converters else rows:
            thing = model.from_db(alias, names, row[own])
            for each in populators:
                each.populate(row, thing)
            for name, place in compiler.annotation_col_map.items():
                setattr(thing, name, row[place])
            made.append(thing)
        return made

    @cached_property
    def _parts(self):
        """(the compiler, converters of values, where the columns of the model are, their names,
        makers of what is related)."""
        compiler, _ = self._compiled
        select, info = compiler.select, compiler.klass_info
        converters = compiler.get_converters([column for column, *_ in select])
        own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column.target.attname for column, *_ in select[own]]
        populators = get_related_populators(info, select, connection.alias)
        return compiler, converters, own, names, populators

    @property
    def _composed(self):
        return self._compiled[1]

    @cached_property
    def _compiled(self):
        compiler = self.rows().query.get_compiler(connection=connection)
        return compiler, compiler.as_sql()


class Selects:
    """Selects that differ in what is given: `rows(**given)` is a QuerySet in which `given` stand
    for values, some of them or none. Each is composed when it is first asked for."""

    def __init__(self, rows: Callable[..., models.QuerySet], **given: Given):
        self.given = given
        self._rows = rows
        self._select = lru_cache(maxsize=SELECTS_KEPT)(self._make_select)

    def of(self, **values) -> "Selected":
        """The rows of these values; None is nothing that is given."""
        return Selected(self, {name: each for name, each in values.items() if each is not None})

    def all(self, values, cut, how, place) -> list[models.Model]:
        """As `Selected.all()` says."""
        select = self._select(tuple(values), cut, how, tuple(place))
        return select.all(**values, **{f"place_{name}": each for name, each in place.items()})

    def _make_select(self, names, cut, how, columns):
        rows = self._rows(**{name: self.given[name] for name in names})
        fields = {name: rows.model._meta.get_field(name) for name in columns}
        place = {name: Given(f"place_{name}", field) for name, field in fields.items()}
        return Select(lambda: cut(rows, *how, **place))


class Selected:
    """The rows of a `Selects` for some values."""

    def __init__(self, selects: Selects, values: dict):
        self._selects = selects
        self._values = values

    def first(self) -> models.Model | None:
        """None also where a value is none that the database could have."""
        try:
            return next(iter(self.all(_first)), None)
        except OverflowError:
            return None

    def all(self, cut: Callable[..., models.QuerySet], *how, **place) -> list[models.Model]:
        """Those that `cut(rows, *how, **place)` leaves, a function of a module. `place`: columns,
        and where in them to begin. Raises what a value raises that is none for its column."""
        return self._selects.all(self._values, cut, how, place)


def _first(rows):
    return rows[:1]


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
