import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import timezone

from blog.models import Message, Post
from exports import contents, jobs, verifying
from exports.formats import BY_NAME, PHRASES
from exports.models import Export

from .conftest import content


def taken_out(owner, what=contents.ARCHIVE, **choices) -> Export:
    export, _ = Export.objects.start(owner, contents=what, **choices)
    jobs.export_posts(str(export.task_id))
    return Export.objects.select_related("task").get(pk=export.pk)


@pytest.fixture
def wordy(alice, bob):
    """Alice, who has something of each kind."""
    first = Post.objects.create(author=alice, body="first \x01", title="Title")
    Post.objects.create(author=alice, body="@bob #tag https://example.org", reply_to=first)
    first.revise("Title", "second \x01")
    Message.objects.create(sender=bob, recipient=alice, body="hello")
    alice.following.create(followed=bob)
    alice.followed_by.create(follower=bob)
    alice.mutes.add(bob)
    alice.language = "es"
    alice.save()
    return alice


def test_the_same_things_give_the_same_bytes(wordy):
    assert content(taken_out(wordy)) == content(taken_out(wordy))


def test_the_archive_speaks_the_language_of_its_owner(wordy):
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    assert "En este archivo hay 2 publicaciones." in archive.read("README.txt").decode()
    page = archive.read("index.html").decode()
    assert '<html lang="es">' in page
    assert "editada" in page


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "Jan. 2, 2026 03:04 UTC", "Jan. 2, 2026, 3:04 a.m. UTC"),
        ("es", "2 de enero de 2026 03:04 UTC", "2 de enero de 2026 a las 03:04 UTC"),
        ("zh-hant", "2026年1月2日 03:04 UTC", "2026年1月2日 03:04 UTC"),
    ],
)
def test_its_dates_are_those_of_the_language(language, day, moment, wordy):
    Post.objects.update(timestamp="2026-01-02T03:04:05Z", edited_at=None)
    wordy.language = language
    wordy.save()
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    assert f">{day}</time>" in archive.read("index.html").decode()
    assert moment in archive.read("README.txt").decode()


def test_what_a_standard_forbids_is_owned_up_to(wordy):
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    assert "feed.atom: 1 publicación" in archive.read("README.txt").decode()


def test_all_that_is_a_person_s_is_in_it_and_nothing_of_others(wordy, bob):
    Post.objects.create(author=bob, body="not hers")
    Message.objects.create(sender=bob, recipient=bob, body="nor this")
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for hers in (b"hello", b"first", b"second", b'"muted":["bob"]'):
        assert hers in everything
    for others in (b"not hers", b"nor this", wordy.password.encode()):
        assert others not in everything


@pytest.mark.parametrize("name", [name for name, _ in contents.choices()])
def test_what_it_takes_is_known_before(name, alice, settings):
    lines = (settings.BASE_DIR / "blog" / "demo.jsonl").read_text().splitlines()
    Post.objects.add([Post(author=alice, body=json.loads(line)["body"]) for line in lines])
    estimated = Export.objects.estimate(alice)
    made = taken_out(alice, name)
    assert estimated["posts"] == made.count
    assert made.size == pytest.approx(estimated["sizes"][name], rel=0.25)


def test_what_it_takes_meanwhile_is_known_before(alice):
    Post.objects.add([Post(author=alice, body=f"Post {number}") for number in range(500)])
    export = Export(owner=alice, contents=contents.ARCHIVE)
    estimated = contents.weigh_parts(export, *export.measure())
    members = ZipFile(BytesIO(content(taken_out(alice)))).infolist()
    parts = sum(each.compress_size for each in members if each.filename in BY_NAME)
    assert estimated / 8 < parts < estimated
    export = Export(owner=alice, contents="posts.json")
    assert contents.weigh_parts(export, 500, 8) == 0
    export.changed_since = timezone.now()  # then it is packed, too
    assert contents.weigh_parts(export, 500, 8) > 0


def test_what_may_be_handed_in_does_not_limit_what_is_made(wordy, settings):
    settings.VERIFY_UNPACKED_MAX_BYTES = 1
    assert taken_out(wordy).count == 2


def test_the_words_of_the_formats_are_known():
    assert set(contents.WORDS) == set(PHRASES)


def posts_in(archive, name="posts.json"):
    return {post["id"]: post for post in json.loads(archive.read(name))["posts"]}


class TestChanges:
    @pytest.fixture
    def base(self, wordy):
        wordy.language = "en"
        wordy.save()
        Post.objects.update(timestamp="2026-01-01T00:00:00Z", edited_at=None)
        return taken_out(wordy)

    @pytest.fixture
    def changed(self, wordy, base):
        """One of each."""
        stays, edited, gone = [
            *wordy.posts.order_by("id"),
            Post.objects.create(author=wordy, body="new"),
        ]
        edited.revise("", "edited")
        stays.delete()
        return [stays, edited, gone]

    def archive(self, owner, base, what=contents.ARCHIVE):
        export = taken_out(owner, what, base=base)
        assert export.task.state == "succeeded"
        return ZipFile(BytesIO(content(export)))

    def test_applied_to_the_one_before_it_it_gives_what_there_is(self, wordy, base, changed):
        archive = self.archive(wordy, base)
        posts = posts_in(ZipFile(BytesIO(content(base))))
        gone = json.loads(archive.read("deleted.json"))["deleted"]
        assert len(posts_in(archive)) == 2
        assert len(gone) == 1
        posts |= posts_in(archive)
        for each in gone:
            del posts[each["id"]]
        everything = posts_in(ZipFile(BytesIO(content(taken_out(wordy)))))
        for post in everything.values():
            post.pop("reply_to", None)  # what is answered is gone: that is no change of the answer
        for post in posts.values():
            post.pop("reply_to", None)
        assert posts == everything

    def test_it_says_what_it_is(self, wordy, base, changed):
        archive = self.archive(wordy, base)
        about = verifying.verify(archive.fp).about
        assert about["changes_since"] == contents.text_of(base.snapshot_at)
        assert (about["items"]["posts"], about["items"]["deletions"]) == (2, 1)
        readme = archive.read("README.txt").decode()
        since = contents.words_of(base.snapshot_at)
        assert f"Only what has changed since {since} is in it" in readme
        assert "In deleted.json is the id of 1 that was deleted." in readme

    def test_when_nothing_has_changed_it_says_so(self, wordy, base):
        archive = self.archive(wordy, base)
        assert posts_in(archive) == {}
        assert json.loads(archive.read("deleted.json")) == {"deleted": []}
        since = contents.words_of(base.snapshot_at)
        assert f"Nothing has changed since {since}." in archive.read("README.txt").decode()

    @pytest.mark.parametrize("what", [name for name, _ in contents.choices()])
    def test_each_can_be_had(self, what, wordy, base, changed):
        export = taken_out(wordy, what, base=base)
        part = "" if what == contents.ARCHIVE else f"-{what.strip('/')}"
        assert export.file_name == f"microblog-alice{part}-changes.zip"
        assert export.content_type == "application/zip"
        verified = verifying.verify(BytesIO(content(export)))
        assert (verified.counts["posts"], verified.counts["deletions"]) == (2, 1)

    def test_all_else_is_whole_in_it(self, wordy, base):
        archive, before = self.archive(wordy, base), ZipFile(BytesIO(content(base)))
        for name in ("messages.json", "following.csv", "account.json", "profile.json"):
            assert archive.read(name) == before.read(name)

    @pytest.mark.parametrize("what", [contents.ARCHIVE, "markdown/"])
    def test_others_have_no_deletions(self, what, wordy, changed):
        archive = ZipFile(BytesIO(content(taken_out(wordy, what))))
        assert "deleted.json" not in archive.namelist()
        assert "deletions" not in json.loads(archive.read("archive.json"))["items"]


def test_every_post_is_accounted_for_in_it(wordy, monkeypatch):
    export, _ = Export.objects.start(wordy, contents=contents.ARCHIVE)
    original = jobs.take_snapshot

    def snapshot_and_delete(export, run):
        original(export, run)
        wordy.posts.last().delete()

    monkeypatch.setattr(jobs, "take_snapshot", snapshot_and_delete)
    jobs.export_posts(str(export.task_id))
    export.refresh_from_db()
    archive = ZipFile(BytesIO(content(export)))
    assert json.loads(archive.read("archive.json"))["posts"] == {
        "at_snapshot": 2,
        "exported": 1,
        "skipped": {"deleted while exporting": 1},
        "failed": 0,
        "added": 0,
    }
