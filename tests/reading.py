"""What a page or a mail says to who reads it, be it seen or read out; and which words of it are in
Latin letters."""

import re
from html.parser import HTMLParser

READ_OUT = {
    *("alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext"),
    *("data-label", "label", "placeholder", "summary", "title"),
}
DESCRIPTIONS = {"description", "og:title", "og:description", "og:site_name"}
BUTTONS = {"button", "reset", "submit"}
NOT_READ = {"script", "style", "template", "code", "pre"}

# What is the same in every language.
OUTSIDE = re.compile(
    r"""
    [a-z]+:// \S*                                   # addresses of pages
    | [\w.+-]+ @ [\w-]+ \. [\w.-]+                  # of mails
    | @ \w+                                         # user names
    | \b [\w-]+ \. (?:atom | csv | html | json | ndjson | schema\.json | txt | zip) \b  # files
    | \b (?:markdown | media) /                     # folders
    | \d{4}-\d\d-\d\dT[\d:.]+ (?: Z | \+00:00 )    # moments
    | \b [0-9a-f]{16,} \b                           # digests
    | \b [0-9a-f]{8} (?:- [0-9a-f]{4,12}){4} \b     # numbers of exports
    """,
    re.VERBOSE | re.ASCII,
)
WORD = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f'’-]*")


class Reading(HTMLParser):
    """`said`: each text of a document of HTML, also what is hidden until something is opened;
    `languages`: what `lang` says, in their order, outside of what people wrote."""

    def __init__(self, document: str):
        super().__init__()
        self.said, self.languages = [], []
        self.unread = 0
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.unread += tag in NOT_READ
        self.said += [given[name] for name in READ_OUT & given.keys() if given[name]]
        if tag == "input" and given.get("type") in BUTTONS:
            self.said.append(given.get("value", ""))
        if tag == "meta" and DESCRIPTIONS & {given.get("name"), given.get("property")}:
            self.said.append(given["content"])
        if "lang" in given:
            self.languages.append(given["lang"])

    def handle_endtag(self, tag):
        self.unread -= tag in NOT_READ

    def handle_data(self, data):
        if not self.unread and data.strip():
            self.said.append(" ".join(data.split()))


def latin_words(text: str, names=()) -> list[str]:
    """Those in Latin letters, but addresses, files and other things that have no language, and
    `names`."""
    return [word for word in WORD.findall(OUTSIDE.sub(" ", text)) if word not in names]
