"""Our Markdown as GitHub has it: headings, links, and what is said in the sentences and in code."""

import re
from functools import cached_property
from textwrap import dedent
from urllib.parse import unquote

from .documents import BLOCK, ROOT, prose

NOT_OURS = {".git", ".venv", "var", "node_modules", "staticfiles"}
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
LINK = re.compile(r"\]\(([^()\s]+)\)|<(https?://[^>\s]+)>")
PICTURE = re.compile(r"!\[[^\]]+\]\(([^()\s]+)\)")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)+")


def everything():
    """All documents of the repository."""
    paths = sorted(ROOT.rglob("*.md"))
    return [Document(path) for path in paths if not NOT_OURS & {*path.relative_to(ROOT).parts}]


class Document:
    """A document, or a section of one."""

    def __init__(self, path, text=None):
        self.path = ROOT / path
        self.text = self.path.read_text() if text is None else text

    @property
    def blocks(self):
        """(language, text, the path that was named last) of what is set as code."""
        for block in BLOCK.finditer(self.text):
            before = prose(self.text[: block.start()])
            named = [span for span in _spans(CODE, before) if PATH.fullmatch(span)]
            yield block["language"], dedent(block["text"]), named[-1] if named else ""

    @cached_property
    def prose(self):
        return prose(self.text)

    @cached_property
    def sections(self):
        """What each heading stands over, itself included; the blocks too."""
        # Looked for where no code is, of the same length.
        blank = BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), self.text)
        starts = [heading.start() for heading in HEADING.finditer(blank)]
        ends = [*starts[1:], len(self.text)]
        return [
            Document(self.path, self.text[start:end])
            for start, end in zip(starts, ends, strict=True)
        ]

    def section(self, heading):
        (found,) = (each for each in self.sections if each.headings[0][1] == heading)
        return found

    @cached_property
    def headings(self):
        """(level, text)"""
        return [(len(marks), text) for marks, text in HEADING.findall(self.prose)]

    @cached_property
    def anchors(self):
        """Of the headings, in their order."""
        anchors = []
        for _, text in self.headings:
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            times = sum(
                re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each) is not None for each in anchors
            )
            anchors.append(f"{anchor}-{times}" if times else anchor)
        return anchors

    @cached_property
    def code(self):
        """What stands as code within the sentences."""
        return _spans(CODE, self.prose)

    @cached_property
    def bold(self):
        return _spans(BOLD, CODE.sub("", self.prose))

    @cached_property
    def links(self):
        return [unquote(a or b) for a, b in LINK.findall(CODE.sub("", self.prose))]

    @cached_property
    def pictures(self):
        return PICTURE.findall(self.prose)

    def lost_links(self):
        """Those to files or headings of ours that are not there."""
        for link in self.links:
            name, _, anchor = link.partition("#")
            if re.match(r"\w+:", link):
                continue
            path = (self.path.parent / name).resolve() if name else self.path
            if not path.exists() or (anchor and anchor not in Document(path).anchors):
                yield link


def commands(text):
    """The lines of a block of shell commands, without what is said of them."""
    lines = (line.split("  #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _spans(pattern, text):
    return [" ".join(span.split()) for span in pattern.findall(text)]
