"""Counts that stay cheap, however much there is: nobody reads the difference between many and many
more, and a database counts by going through all of it."""

from django.db.models import IntegerField, QuerySet, Subquery


class CountUpTo(Subquery):
    """How many of the QuerySet `rows` there are, `most` at most: an expression, in which OuterRef
    is what it is in a Subquery."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"

    def __init__(self, rows: QuerySet, most: int):
        super().__init__(rows.order_by().values("pk")[:most], output_field=IntegerField())
