"""Posts that are hard to write down, and what the tests of all formats do with them."""

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from exports.formats import About, Item

REAL = [
    json.loads(line)["text"]
    for line in Path(__file__).with_name("texts.jsonl").read_text().splitlines()
]
NASTY = [
    "one",
    'quotes " and \\ and \' and ,\n "lines"',
    'looks like },{"body":"two" posts',
    "]}\n]]>&amp; <b>bold</b> &#38; </script><!-- </article>\n-->",
    "---\ntitle: none\n---\n+++\n===",
    "{{< shortcode >}} {{% other %}} {{ .Title }} {{</* comment */>}} https://a.org/{{%x%}}",
    "<!--more-->\n# heading\n1. one\n2) two\n- dash\n* star\n+ plus\n> quote\n: what",
    "*a* **b** _c_ `d` ~~e~~ [f](g) ![h](i) [j]: k $l$ |m| :smile: \\* ``` \n```\n~~~",
    "    four spaces\n\n\n\n\tand a tab\t\n  at  the  ends  \n\n",
    "\n\n first lines are empty\\",
    "a line ends with \\\nand so does the last \\\\",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1:A2)",
    "\t=1",
    "'quoted",
    "''",
    "＝1",
    "carriage\rreturn\r\nand both\r",
    "\ufeffmark at the beginning, \ufffe \uffff \ufffd",
    "controls \x01\x07\x08\x0b\x0c\x1b[1m\x1f\x7f\x80\x85\x9f \u2028 \u2029 \u200b",
    "🏳️‍🌈 👩🏽‍🚀 \U0001f600 \U0010ffff e\u0301",
    "שלום \u202eעולם\u202c، مرحبا",
    "今天的雲很低，請看https://example.org/雲?a=1&b=2。好",
    "@alice #Perú, (https://example.org/wiki_(x)_*y*) http://a.b/'c https://" + "long" * 20,
    "word " * 200,
    "x" * 600,
    " ",
    "\n",
]
TEXTS = NASTY + REAL
ABOUT = About(
    site="https://example.org",
    username="Ana_1",
    name='Ana "<b>" & Co. {{< x >}}',
    bio="I write.\n</title>]]> #all @day",
    language="es",
    joined="2026-01-01T00:00:00Z",
    updated="2027-02-03T04:05:06Z",
    avatar="media/avatar.webp",
)


def post(text, number=1, **more):
    """An item as the archive makes it."""
    return Item(
        body=text,
        timestamp=f"2026-01-02T03:{number // 60 % 60:02}:{number % 60:02}Z",
        id=number,
        url=f"https://example.org/posts/{number}/",
        **more,
    )


def full(text, number=1):
    """An item of which nothing is missing, with the text as its title too."""
    return post(
        text,
        number,
        title=text[:140],
        edited="2027-02-03T04:05:06.000007Z",
        language="zh",
        reply_to="https://example.org/posts/7/?a=1&b=2",
    )


POSTS = [(full if number % 3 == 0 else post)(text, number) for number, text in enumerate(TEXTS, 1)]
MESSAGES = [
    Item({"from": "ana", "to": "", "sent": "2026-01-02T03:04:05Z", "body": text}) for text in TEXTS
]
PEOPLE = [
    Item(username=name, url=f"https://example.org:8000/@{name}/", since="2026-01-02T03:04:05Z")
    for name in map("bob_{}".format, range(50))
]
REVISIONS = [
    Item(post=number, said="2026-01-02T03:04:05Z", title="", body=text)
    for number, text in enumerate(TEXTS, 1)
]
DELETIONS = [Item(id=number, deleted="2026-01-02T03:04:05Z") for number in range(50)]
ITEMS = {
    "posts": POSTS,
    "messages": MESSAGES,
    "following": PEOPLE,
    "followers": PEOPLE,
    "revisions": REVISIONS,
    "deletions": DELETIONS,
}


def chunked(sequence, size):
    return [sequence[at : at + size] for at in range(0, len(sequence), size)]


def write(kind, items=POSTS, size=1000):
    """The file of this format that holds the items."""
    return b"".join(kind(ABOUT).pieces(chunked(items, size)))


def text_of(html):
    """What the HTML, which has no blocks in it, says: the inverse of Item.html."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.texts)


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts = []
        self.inside = Counter()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "rel" in attributes:  # it may be shown shortened
            self.texts.append(attributes["href"])
            self.inside["address"] += 1

    def handle_endtag(self, tag):
        if tag == "a":
            self.inside["address"] = 0

    def handle_data(self, data):
        if not self.inside["address"]:
            self.texts.append(data)
