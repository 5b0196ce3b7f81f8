import csv
from io import StringIO

from exports.formats import BY_NAME

from .samples import PEOPLE, write


def rows(name):
    return list(csv.DictReader(StringIO(write(BY_NAME[name], PEOPLE).decode()), strict=True))


def test_following_has_what_mastodon_reads():
    first = rows("following.csv")[0]
    assert list(first.items())[:4] == [
        ("Account address", "bob_0@example.org:8000"),
        ("Show boosts", "true"),
        ("Notify on new posts", "false"),
        ("Languages", ""),
    ]


def test_all_people_are_there_since_when_they_are():
    for name in ("following.csv", "followers.csv"):
        assert [(row["URL"], row["Since"]) for row in rows(name)] == [
            (person["url"], person["since"]) for person in PEOPLE
        ]
