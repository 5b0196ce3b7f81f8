"""Pages of rows, newest id first, each named by the last id of the page before it: nothing repeats
or is skipped while rows are added."""

PAGE_SIZE = 25  # rows
ID_MAX = 2**63 - 1


def parse(cursor: str) -> int:
    """The id that the cursor is, or 0."""
    digits = cursor.isascii() and cursor.isdecimal() and len(cursor) <= len(str(ID_MAX))
    return min(int(cursor), ID_MAX) if digits else 0


def page(rows, before: str, *, by: str = "id", size: int = PAGE_SIZE):
    """(at most `size` of the QuerySet `rows` with an id below `before`; the `before` of the next
    page, or ""). What is no id names the first page. `by`: the name of the id among the columns.
    """
    if pk := parse(before):
        rows = rows.filter(**{f"{by}__lt": pk})
    found = list(rows.order_by(f"-{by}")[: size + 1])
    shown = found[:size]
    if len(found) <= size:
        return shown, ""
    last = shown[-1]
    return shown, str(last[by] if isinstance(last, dict) else getattr(last, by))
