import pytest

from blog import languages
from blog.models import Post


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The ferry was late and nobody minded, because the light was good.", "en"),
        ("El barco llegó tarde y a nadie le importó, porque había buena luz.", "es"),
        ("渡輪晚到了，但沒有人在意，因為光線很美。", "zh"),
        ("Le bac était en retard et personne ne s'en souciait.", "fr"),
        ("Η γάτα κοιμάται πάνω στο βιβλίο.", "el"),
        ("القطة نائمة على كتاب الشعر ولن يقرأ أحد اليوم.", "ar"),
    ],
)
def test_what_is_clear(text, code):
    assert languages.guess(text) == code
    assert languages.guess("", f"@somebody {text} #lighthouse https://example.org/the-way") == code


@pytest.mark.parametrize("text", ["", "!?", "ok", "🦜🦜", "123 456", "@alice #hello", "Haha"])
def test_what_says_too_little(text):
    assert languages.guess(text) == ""


@pytest.mark.parametrize(("language", "says_so"), [("en", True), ("zh-TW", False)])
def test_a_post_says_its_language_where_the_page_is_in_another(client, alice, language, says_so):
    """For who reads Chinese, the page says which: `zh` alone is drawn as in Beijing."""
    post = Post(author=alice, body="渡輪晚到了，但沒有人在意，因為光線很美。")
    post.publish()
    page = client.get(post.get_absolute_url(), headers={"Accept-Language": language})
    assert ('lang="zh"' in page.content.decode()) == says_so
