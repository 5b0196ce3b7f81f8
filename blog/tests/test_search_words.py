import pytest

from blog.search import words


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("He runs every day", "running"),
        ("Running late", "RUN"),
        ("Las canciones de mi abuela", "canción"),
        ("una cancion", "CANCIONES"),
        ("Crème brûlée", "creme brulee"),
        ("今天的雲很低", "今天"),
        ("今天的雲很低", "雲"),
        ("我用iPhone寫字", "iphone"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full"),
        ("Straße", "STRASSE"),
        ("η γάτα κοιμάται", "γατα"),
        ("#microblog @alice_b", "alice"),
    ],
)
def test_these_are_the_same_words(text, query):
    assert all(group & set(words.terms(text)) for group in words.wanted(query))
    assert "<mark>" in words.highlight(text, query)


@pytest.mark.parametrize(("text", "query"), [("今天", "天今"), ("runner", "rung"), ("", "x")])
def test_these_are_not(text, query):
    assert not all(group & set(words.terms(text)) for group in words.wanted(query))


@pytest.mark.parametrize("query", ["", "  ", "!?-*\"'()", "\0", "🦜", "_"])
def test_nothing_is_wanted(query):
    assert words.wanted(query) == []


def test_of_a_long_query_the_first_words_count():
    assert len(words.wanted("word " * 5_000)) == words.WORDS_MAX


@pytest.mark.parametrize(
    ("text", "query", "html"),
    [
        ("Run & <b>", "run", "<mark>Run</mark> &amp; &lt;b&gt;"),
        ("a runner ran, running", "run", "a runner ran, <mark>running</mark>"),
        ("今天的雲很低", "今天", "<mark>今天</mark>的雲很低"),
        ("今天天氣", "天", "今<mark>天天</mark>氣"),
        ("nothing", "", "nothing"),
    ],
)
def test_what_was_found_is_marked(text, query, html):
    assert words.highlight(text, query) == html


def test_all_that_is_no_mark_is_escaped():
    assert words.highlight("<script>mark</script>", "script mark") == (
        "&lt;<mark>script</mark>&gt;<mark>mark</mark>&lt;/<mark>script</mark>&gt;"
    )
