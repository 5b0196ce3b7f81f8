"""What has become of every post. What is gone since the posts were counted is skipped. What has
come since is added: brought back, committed late or, where an export is about edits, edited. What
fails fails the export."""

DELETED = "deleted while exporting"


def tally(at_snapshot: int, exported: int) -> dict:
    """What was exported, was skipped (by the reason) and has failed is as much as there was at the
    snapshot and was added since."""
    return {
        "at_snapshot": at_snapshot,
        "exported": exported,
        "skipped": {DELETED: max(0, at_snapshot - exported)},
        "failed": 0,
        "added": max(0, exported - at_snapshot),
    }


def adds_up(document) -> bool:
    """Whether this, which may be anything, is what `tally()` gives and is right."""
    match document:
        case {
            "at_snapshot": int(before),
            "exported": int(exported),
            "skipped": dict(skipped),
            "failed": int(failed),
            "added": int(added),
        } if all(isinstance(number, int) for number in skipped.values()):
            return exported + sum(skipped.values()) + failed == before + added
    return False
