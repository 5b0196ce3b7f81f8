import pytest
from django.utils import translation

from accounts.lists import listed


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "a, b and c"), ("es", "a, b y c"), ("zh-hant", "a、b和c")],
)
def test_a_list_reads_as_in_the_language(language, words):
    with translation.override(language):
        assert listed(["a", "b", "c"]) == words
        assert listed(["a"]) == "a"
        assert listed([]) == ""
