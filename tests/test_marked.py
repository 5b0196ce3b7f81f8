"""Every word of ours that people read is marked for translation.

In templates all that stands between tags or in an attribute that is read; in the code what goes to
where words go. What is only for who programs or reads a log is not: exceptions of programming, log
lines, what is said of settings at the start (there are no languages yet), and the reference of the
API.
"""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS
from django.conf import settings
from django.contrib import admin
from django.template.base import Lexer, TokenType
from django.utils.functional import Promise

from .test_catalogues import KEYWORDS

ROOT = Path(settings.BASE_DIR)
OURS = ["accounts", "blog", "exports", "microblog", "tasks"]

# Templates

# The same in every language; p50 and p95 are percentiles.
NAMES = re.compile(
    "Microblog|Python|Redis|API|JSON Feed|JSON|Atom|SHA-256|UTC|POST|Message-ID|p50|p95"
)
IN_ENGLISH = {
    "api/_operation.html": "the reference of the API, within lang=en",
    "robots.txt": "a protocol",
}
READ = {"title", "aria-label", "placeholder", "alt", "data-label", "label", "summary"}
LETTER = re.compile(r"[^\W\d_]")
FILE = re.compile(r"[\w-]*(?:\.\w+|/)+")
CODE = re.compile(
    r"<(code|pre|style|script)\b.*?</\1>|{% block bodyclass %}.*?{% endblock %}", re.DOTALL
)
CHOSEN_TAG = re.compile(r"(</?){{ \w+ }}")  # <{{ heading }}>
NO_WORDS_IN = {"translate", "load", "extends", "url", "static", "get_current_language"}
NO_WORDS_IN |= {"comment", "render_field"}
# What looks like words within a tag: "Next page", "next page". Names of formats are capitals.
WORDS = re.compile(r"[A-Z][a-z]+|[a-z]+ [a-z]+")
LITERAL = re.compile(r""""([^"]*)"|'([^']*)'""")


class Reader(HTMLParser):
    """What people read of a page whose variables are left out."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        is_button = tag == "input" and given.get("type") in {"submit", "button"}
        read = READ | ({"value"} if is_button else set())
        read |= {"content"} if given.get("name") == "description" else set()
        self.found += [value for name, value in attributes if name in read and value]

    def handle_data(self, text):
        self.found.append(text)


def without_tags(text):
    """(what is left of a template, what stands in its tags and variables)."""
    left, within, closed_by = [], [], ""
    for token in Lexer(CHOSEN_TAG.sub(r"\1b", CODE.sub("", text))).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            if name in {"blocktranslate", "comment"}:
                closed_by = f"end{name}"
            elif name == closed_by:
                closed_by = ""
            if name not in NO_WORDS_IN:
                within.append(token.contents)
        elif token.token_type == TokenType.VAR:
            within.append(token.contents)
        elif token.token_type == TokenType.TEXT and not closed_by:
            left.append(token.contents)
    return "".join(left), within


def unmarked_in_template(name, text):
    left, within = without_tags(text)
    read = Reader(left).found if name.endswith(".html") else [left]
    for words in read:
        if LETTER.search(FILE.sub("", NAMES.sub("", words))):
            yield words.strip()
    for tag in within:
        for literal in LITERAL.findall(re.sub(r"""_\(("[^"]*"|'[^']*')\)""", "", tag)):
            if WORDS.search("".join(literal)):
                yield "".join(literal)


def test_all_words_of_templates_are_marked():
    folder = ROOT / "templates"
    unmarked = {
        (name, words)
        for path in folder.rglob("*.*")
        if (name := str(path.relative_to(folder))) not in IN_ENGLISH
        for words in unmarked_in_template(name, path.read_text())
    }
    assert unmarked == set()


@pytest.mark.parametrize(
    "text",
    [
        "<p>Hello</p>",
        "<p>{{ count }} posts</p>",
        '<a title="Hello"></a>',
        '<img alt="A {{ kind }}">',
        '<input type="submit" value="Send">',
        '{% include "_empty.html" with words="Nothing here" only %}',
        '{{ name|default:"Nobody" }}',
        '{% if a %}{% translate "a" %}{% else %}no{% endif %}',
        "<b>{% blocktranslate %}one{% endblocktranslate %} two</b>",
    ],
)
def test_words_of_a_template_that_are_not_marked_are_found(text):
    assert list(unmarked_in_template("a.html", text))


@pytest.mark.parametrize(
    "text",
    [
        '<p class="big" id="a-{{ b }}">{% translate "Hello" %} {{ name }} · 12</p>',
        "{% blocktranslate count n=n %}One{% plural %}Many{% endblocktranslate %}<code>rm</code>",
        '{{ moment|date:"DATETIME_FORMAT" }}{% url "blog:home" as url %}<input value="go">',
        '{% firstof name _("Somebody unknown") %}{# Hello #}{% comment %}Hi{% endcomment %}',
    ],
)
def test_what_is_marked_or_no_word_of_a_template_is_not_found(text):
    assert not list(unmarked_in_template("a.html", text))


def test_numbers_that_name_something_are_not_written_as_the_reader_counts():
    """1,234 in an address or an id leads nowhere. UUIDs have no such form."""
    uuids = {"task", "export", "delivery", "webhook", "export.task"}
    operations = {"operation"}  # of the API, which have names
    for path in (ROOT / "templates").rglob("*.html"):
        for name in re.findall(r"\{\{ ([\w.]+)\.(?:pk|id) \}\}", path.read_text()):
            assert name in uuids | operations, path


def test_scripts_have_no_words():
    """What they say, the server has said in the page, or the browser knows in its language."""
    for path in [*(ROOT / "static" / "js").glob("*.js"), ROOT / "exports/formats/index.js"]:
        code = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
        said = re.findall(r"""["'`>]([A-Z][a-z]+(?: [a-z]+)+|[A-Z][a-z]+[.!?…])["'`<]""", code)
        assert not said, path


# The code

WORDY_ARGUMENTS = {
    *("help", "help_text", "label", "verbose_name", "verbose_name_plural", "title"),
    *("search_help_text", "short_description", "empty_label", "detail", "success_message"),
    *("violation_error_message", "message", "words", "question", "done"),
}
WORDY_CALLS = {  # by the place of the argument that is read
    **dict.fromkeys(["ValidationError", "CommandError", "Refused", "ok"], [0]),
    **dict.fromkeys(["PermissionDenied", "NotFound", "ParseError", "AuthenticationFailed"], [0]),
    **dict.fromkeys(["Conflict", "Gone", "Refusal", "write"], [0]),
    **dict.fromkeys(["warning", "wrong"], [0, 1]),  # of the doctor
    **dict.fromkeys(["success", "info", "error"], [1]),  # of messages
    **dict.fromkeys(["message_user", "add_error"], [1]),
    **dict.fromkeys(["refuse", "add_message"], [2]),
}
NO_WORDS = {"logger", "log", "logging", "post_log"}  # whose warning() is for a log
FOR_PROGRAMMERS = {
    "api/v1.py": "the first version of the API is in English",
    "api/v1/people.py": "the first version of the API is in English",
    "api/v1/posts.py": "the first version of the API is in English",
    "api/schema.py": "the reference of the API",
    "api/samples.py": "the reference of the API",
    "environment.py": "settings are read before there are languages",
    "settings.py": "settings are read before there are languages",
    "formats/base.py": "why a file is damaged, for the log",
}


COMMAND = re.compile(r"(manage\.py|pip|chmod|pybabel) ")  # what an operator is to type
RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}  # begin with another model


def python_files():
    for app in OURS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
                yield path


def literal(node):
    """The words of a text that is written here, of its parts together, or None."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(filter(None, map(literal, parts)))
        case ast.BinOp(left=left, op=ast.Mod() | ast.Add(), right=_):
            return literal(left)
        case ast.IfExp(body=body, orelse=other):
            return "".join(filter(None, [literal(body), literal(other)]))
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join")):
            return literal(value)
    return None


def called(node):
    match node.func:
        case ast.Attribute(value=ast.Name(id=of), attr=name):
            return of, name
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return "", name
    return "", ""


def wordy(tree, arguments):
    """The nodes that give words to people."""
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                of, name = called(node)
                yield from (each.value for each in node.keywords if each.arg in arguments)
                if of not in NO_WORDS:
                    places = WORDY_CALLS.get(name, [])
                    yield from (
                        node.args[n]
                        for n in places
                        if n < len(node.args) and not is_code(node.args[n])
                    )
                if of == "models" and name.endswith("Field") and name not in RELATIONS:
                    yield from node.args[:1]
                for each in node.keywords:
                    if each.arg == "choices":
                        yield from of_pairs(each.value)
            case ast.ClassDef(bases=bases, body=body):
                is_choice = any("Choices" in ast.unparse(base) for base in bases)
                for line in body:
                    match line:
                        case ast.Assign(targets=[*names], value=value) if is_choice:
                            yield value.elts[1] if isinstance(value, ast.Tuple) else value
                        case ast.Assign(targets=[*names], value=value):
                            if {ast.unparse(each) for each in names} & arguments:
                                yield value
            case ast.FunctionDef(name="lookups"):
                for each in ast.walk(node):
                    yield from of_pairs(each)
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
                if name in arguments:
                    yield value


def is_code(node):
    """Of a reason, whose words are elsewhere."""
    return isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+", str(node.value))


def of_pairs(node):
    """The words in a list of (value, words)."""
    if isinstance(node, ast.List | ast.Tuple):
        for pair in node.elts:
            if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                yield pair.elts[1]


def unmarked_in_code(source, is_api=False):
    arguments = WORDY_ARGUMENTS - ({"help_text"} if is_api else set())  # which its reference has
    for node in wordy(ast.parse(source), arguments):
        words = literal(node) or ""
        if LETTER.search(NAMES.sub("", words)) and not COMMAND.match(words):
            yield words


def test_all_ways_of_marking_are_known_where_the_catalogues_are_made():
    used = {
        each.name
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for each in node.names
        if "gettext" in each.name and each.asname != "_"
    }
    assert used <= set(KEYWORDS)
    made = (ROOT / "bin" / "catalogues").read_text()
    assert all(f"--keyword {mark}" in made for mark in KEYWORDS.keys() - DEFAULT_KEYWORDS)


def test_all_words_of_the_code_are_marked():
    unmarked = {
        (str(path.relative_to(ROOT)), words)
        for path in python_files()
        if not any(str(path).endswith(name) for name in FOR_PROGRAMMERS)
        for words in unmarked_in_code(path.read_text(), is_api="api" in path.parts)
    }
    assert unmarked == set()


@pytest.mark.parametrize(
    "source",
    [
        'raise ValidationError("Too long.")',
        'raise CommandError(f"Nobody is named {name}.")',
        'messages.success(request, "It is saved.")',
        'self.stdout.write("Done %d." % count)',
        'parser.add_argument("--a", help="For programs.")',
        'name = models.CharField("the name", max_length=9)',
        'form.CharField(label="Your name")',
        'class A(Command):\n    help = "Does it."',
        'class A(models.TextChoices):\n    B = "b", "Big one"',
        'class A(models.TextChoices):\n    B = "Big"',
        'field.help_text = "As you like."',
        'class A:\n    def lookups(self):\n        return [("a", "Old ones")]',
        'return refuse(request, 400, "That is wrong.")',
    ],
)
def test_words_of_the_code_that_are_not_marked_are_found(source):
    assert list(unmarked_in_code(source))


@pytest.mark.parametrize(
    "source",
    [
        'raise ValidationError(_("Too long."), code="too_long")',
        'logger.warning("A mail was refused.")',
        'self.stdout.write(f"{kind}: {number}")',
        'class A(models.TextChoices):\n    B = "b", _("Big one")',
    ],
)
def test_what_is_marked_or_no_word_of_the_code_is_not_found(source):
    assert not list(unmarked_in_code(source))


def test_all_fields_and_columns_of_the_admin_have_names_that_are_marked():
    """Where there is none, Django makes one of how the code calls it, which is no language."""
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in OURS:
            continue
        assert isinstance(model._meta.verbose_name, Promise), model
        assert isinstance(model._meta.verbose_name_plural, Promise), model
        for field in model._meta.fields:
            assert field.primary_key or isinstance(field.verbose_name, Promise), field
        for name in [*page.list_display, *page.readonly_fields]:
            column = getattr(page, name, None) or getattr(model, name, None)
            if callable(column) and name != "__str__":
                assert isinstance(column.short_description, Promise), (page, name)
