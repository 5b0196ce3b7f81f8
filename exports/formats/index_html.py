"""`index.html`: all posts on a page for people (HTML: https://html.spec.whatwg.org), which opens
from disk, asks nothing of any other machine, and can be printed. No script is needed; with scripts
there is a search. Nothing is lost; only that long addresses are shown shortened.
"""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

from .base import ITEM_MAX, Damaged, Format, Item, recut

STYLE, SCRIPT = (Path(__file__).with_name(f"index.{kind}").read_text() for kind in ("css", "js"))
END = b"</article>\n"
LINE = rb"[^<]*(?:<(?:br|/?a|/?time)\b[^<>]*>[^<]*)*"
ARTICLE = re.compile(
    rb'<article id="post-\d+"[^<>]*>\n'
    rb"<p>" + LINE + rb"</p>\n"
    rb"(?:<h2 [^<>]*>[^<]*</h2>\n)?"
    rb'<div dir="auto">' + LINE + rb"</div>\n" + END
)


class IndexHtml(Format):
    name = "index.html"
    content_type = "text/html; charset=utf-8"
    weight = 1_400, 200, 1.1

    def head(self) -> bytes:
        about = self.about
        name = escape(about.name)
        picture = f'<img src="{escape(about.avatar)}" alt="" width="96">\n' if about.avatar else ""
        return f"""<!doctype html>
<html lang="{escape(about.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
{picture}<h1>{name}</h1>
<p><a href="{escape(about.url)}">@{escape(about.username)}</a></p>
<p dir="auto">{escape(about.bio)}</p>
<p><label hidden>{escape(about.say("Search"))} <input type="search"></label></p>
</header>
<main>
""".encode()

    def item(self, item: Item) -> bytes:
        language = f' lang="{escape(item["language"])}"' if "language" in item else ""
        said = f'<a href="{escape(item["url"])}">{self._time(item["timestamp"])}</a>'
        if "edited" in item:
            said += f" · {escape(self.about.say('edited'))} {self._time(item['edited'])}"
        if "reply_to" in item:
            answer = escape(self.about.say("in reply to"))
            other = escape(item["reply_to"])
            said += f' · {answer} <a href="{other}">{other}</a>'
        title = f'<h2 dir="auto">{escape(item["title"])}</h2>\n' if "title" in item else ""
        return f"""<article id="post-{item["id"]}"{language}>
<p>{said}</p>
{title}<div dir="auto">{item.html}</div>
</article>
""".replace("\r", "&#13;").encode()

    def tail(self) -> bytes:
        none = "" if self.written else f"<p>{escape(self.about.say('No posts.'))}</p>\n"
        return f"{none}</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>".encode()

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        count, frame = 0, b""
        for piece in recut(blocks, END):
            rest, found = ARTICLE.subn(b"", piece)
            count += found
            frame += rest
            if len(frame) > ITEM_MAX:
                raise Damaged("There is more than posts in it.")
        if not frame.startswith(b"<!doctype html>") or not frame.endswith(b"</html>"):
            raise Damaged("It is cut off.")
        if b"<article" in frame or END in frame:
            raise Damaged("A post is not what was written.")
        return count

    def _time(self, timestamp):
        day = escape(self.about.day(timestamp[:10]))
        return f'<time datetime="{timestamp}">{day} {timestamp[11:16]} UTC</time>'
