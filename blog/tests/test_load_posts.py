import io
import json
import signal
import sys
import tracemalloc
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from blog.management.commands import load_posts
from blog.models import Post

pytestmark = pytest.mark.django_db


class Source(io.RawIOBase):
    """A stream of the `pieces`, read one after the other; an exception among them is raised."""

    def __init__(self, pieces):
        self.pieces = iter(pieces)

    def readable(self):
        return True

    def fileno(self):
        return sys.__stdin__.fileno()

    def readinto(self, buffer):
        piece = next(self.pieces, b"")
        if isinstance(piece, BaseException):
            raise piece
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.fixture
def write(tmp_path):
    """Makes a file of lines: bytes as they are, everything else as JSON."""

    def write(*lines):
        path = tmp_path / "posts.jsonl"
        with path.open("wb") as file:
            for line in lines:
                file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        return str(path)

    return write


@pytest.fixture
def pipe(monkeypatch):
    """Makes the standard input read the pieces."""

    def pipe(*pieces):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Source(pieces))))
        return "-"

    return pipe


def load(file, author="alice") -> str:
    """What the command says."""
    call_command("load_posts", file, author=author, stdout=(stdout := StringIO()))
    return stdout.getvalue()


def refusal(file) -> tuple[str, list[str]]:
    """How the command ends, and the lines on its standard error."""
    with pytest.raises(CommandError) as caught:
        call_command("load_posts", file, author="alice", stderr=(stderr := StringIO()))
    assert caught.value.returncode == 1
    return str(caught.value), stderr.getvalue().splitlines()


def bodies():
    return list(Post.objects.oldest_first().values_list("body", flat=True))


def test_it_loads_texts_in_their_order(alice, write):
    file = write({"lang": "es", "text": "uno"}, {"lang": "zh", "text": "二"}, {"text": "three"})
    assert load(file) == "3 posts loaded.\n"
    assert bodies() == ["uno", "二", "three"]
    assert set(Post.objects.values_list("author", flat=True)) == {alice.pk}


def test_texts_without_a_time_get_increasing_ones(alice, write):
    load(write(*({"text": str(number)} for number in range(100))))
    assert Post.objects.values("timestamp").distinct().count() == 100
    assert bodies() == [str(number) for number in range(100)]


def test_it_loads_posts_with_their_times_and_titles(alice, write):
    load(write({"body": "b", "timestamp": "2026-01-02T03:04:05.000006Z", "title": "t"}))
    post = Post.objects.get()
    assert (post.title, post.body) == ("t", "b")
    assert post.timestamp == datetime(2026, 1, 2, 3, 4, 5, 6, UTC)


@pytest.mark.parametrize(
    "timestamp",
    ["2026-01-02T03:04:05", "2026-01-02 03:04:05+00:00", "2026-01-02T11:04:05+08:00"],
)
def test_times_are_kept_in_utc_and_naive_ones_taken_as_that(alice, write, timestamp):
    load(write({"body": "b", "timestamp": timestamp}))
    assert Post.objects.get().timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_null_is_as_good_as_missing(alice, write):
    load(write({"body": None, "text": "here", "title": None, "timestamp": None}))
    assert bodies() == ["here"]


def test_line_ends_are_normalised_before_they_are_counted(alice, write):
    load(write({"text": "\r\n" * 250 + "x" * 250}))
    assert bodies() == ["\n" * 250 + "x" * 250]


def test_length_is_counted_in_code_points(alice, write):
    load(write({"text": "🙂" * 500}))
    assert bodies() == ["🙂" * 500]


def test_control_characters_are_kept(alice, write):
    load(write({"text": "\x1b[32mgreen\x1b[m\x07"}))
    assert bodies() == ["\x1b[32mgreen\x1b[m\x07"]


def test_blank_lines_are_nothing(alice, write):
    assert load(write(b"", {"text": "one"}, b"  \r", b"")) == "1 post loaded.\n"


def test_an_empty_file_loads_nothing(alice, write):
    assert load(write()) == "0 posts loaded.\n"


def test_the_last_line_needs_no_end(alice, tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b'{"text": "one"}\r\n{"text": "two"}')
    load(str(path))
    assert bodies() == ["one", "two"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b'{"text": "\xff"}', "not JSON: str is not valid UTF-8"),
        (b'{"text": "\\ud83d"}', "surrogate"),
        (b"[" * 50_000, "not JSON"),
        (b'{"text": "' + b"x" * 70_000 + b'"}', "longer than 65536 bytes"),
        (["text"], "not an object"),
        ({}, "Write something first."),
        ({"text": ""}, "Write something first."),
        ({"text": " \n"}, "Write something first."),
        ({"text": 5}, "text is not a string"),
        ({"body": ["x"]}, "body is not a string"),
        ({"text": "x" * 501}, "500"),
        ({"text": "a\0b"}, "Null characters"),
        ({"text": "b", "title": "x" * 141}, "title: "),
        ({"text": "b", "title": "\0"}, "title: Null characters"),
        ({"text": "b", "title": {}}, "title is not a string"),
        ({"text": "b", "timestamp": "yesterday"}, "yesterday"),
        ({"text": "b", "timestamp": "2026-02-30T00:00:00Z"}, "2026-02-30"),
        ({"text": "b", "timestamp": 1767323045}, "timestamp is not a string"),
        ({"text": "b", "timestamp": "0001-01-01T00:00:00+14:00"}, "no such year"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(alice, write, line, reason):
    end, (message,) = refusal(write({"text": "before"}, line, {"text": "after"}))
    assert message.startswith("Line 2: ")
    assert reason in message
    assert len(message) < 300
    assert end == "2 posts loaded. 1 line refused."
    assert bodies() == ["before", "after"]


def test_every_bad_line_is_counted(alice, write):
    end, messages = refusal(write(b"x", {"text": "one"}, b"", b"y"))
    assert [message.split(":")[0] for message in messages] == ["Line 1", "Line 4"]
    assert end == "1 post loaded. 2 lines refused."


def test_a_line_of_the_greatest_length_is_taken_and_one_byte_more_is_not(alice, write):
    head, tail = b'{"text": "fits", "more": "', b'"}'
    filling = load_posts.LINE_MAX - len(head + tail + b"\n")
    fits = head + b"x" * filling + tail
    assert refusal(write(fits, b" " + fits, {"text": "after"}))[0] == (
        "2 posts loaded. 1 line refused."
    )


def test_a_line_without_end_does_not_fill_the_memory(alice, pipe):
    block = b"x" * 4096
    endless = pipe(*(block for _ in range(5_000)), b"\n", b'{"text": "after"}\n')  # 20 MB
    tracemalloc.start()
    end, messages = refusal(endless)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert messages == ["Line 1: longer than 65536 bytes"]
    assert bodies() == ["after"]
    assert peak < 3_000_000


def test_it_reads_the_standard_input(alice, pipe):
    assert load(pipe(b'{"text": "o', b'ne"}\n{"text": "two"}\n')) == "2 posts loaded.\n"


def test_all_batches_are_saved(alice, write, monkeypatch):
    monkeypatch.setattr(load_posts, "BATCH", 2)
    load(write(*({"text": str(number)} for number in range(5))))
    assert bodies() == ["0", "1", "2", "3", "4"]


def test_after_ctrl_c_it_says_up_to_where_it_came(alice, pipe, monkeypatch):
    monkeypatch.setattr(load_posts, "BATCH", 2)
    lines = [b'{"text": "%d"}\n' % number for number in range(1, 6)]
    with pytest.raises(CommandError) as caught:
        load(pipe(*lines, KeyboardInterrupt()))
    assert str(caught.value) == "Stopped. 4 posts are loaded, from the lines up to 4."
    assert caught.value.returncode == 130
    assert bodies() == ["1", "2", "3", "4"]


def test_ctrl_c_while_saving_waits_until_it_is_saved(alice, write, monkeypatch):
    create = Post.objects.add

    def interrupted(posts):
        signal.raise_signal(signal.SIGINT)
        return create(posts)

    monkeypatch.setattr(load_posts, "BATCH", 2)
    monkeypatch.setattr(Post.objects, "add", interrupted)
    with pytest.raises(CommandError, match="2 posts are loaded, from the lines up to 2"):
        load(write(*({"text": str(number)} for number in range(1, 6))))
    assert bodies() == ["1", "2"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("error", [OSError("The disk is gone."), DatabaseError("It is gone.")])
def test_after_an_error_it_says_up_to_where_it_came(alice, pipe, monkeypatch, error):
    monkeypatch.setattr(load_posts, "BATCH", 1)
    with pytest.raises(CommandError, match="is gone.\nStopped. 1 post is loaded, .* up to 1"):
        load(pipe(b'{"text": "1"}\n', error))


def test_the_author_is_found_in_any_case(alice, write):
    load(write({"text": "one"}), author="ALICE")
    assert alice.posts.count() == 1


def test_an_unknown_author_is_named(write):
    with pytest.raises(CommandError, match="Nobody is named dora"):
        load(write({"text": "one"}), author="dora")


def test_a_missing_file_is_named(alice, tmp_path):
    with pytest.raises(CommandError, match="missing.jsonl: No such file"):
        load(str(tmp_path / "missing.jsonl"))


def test_a_terminal_sees_a_progress_bar(alice, write, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := StringIO())
    terminal.isatty = lambda: True
    load(write({"text": "one"}))
    assert "100%" in terminal.getvalue()


def test_a_log_file_sees_none(alice, write, capsys):
    load(write({"text": "one"}))
    assert capsys.readouterr().err == ""
