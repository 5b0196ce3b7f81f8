"""The development inbox (only with DEBUG): mails that were written to files, not sent."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"  # as Django's filebased backend writes them


@dataclass(frozen=True)
class Letter:
    """The mails of one SMTP session are in one file; a name is the file's and the mail's number."""

    name: str
    message: email.message.EmailMessage

    @property
    def sent(self) -> datetime | None:
        return self.message["Date"] and self.message["Date"].datetime

    @property
    def message_id(self) -> str:
        return self.message["Message-ID"]

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return body.get_content() if body else ""

    @property
    def parts(self) -> list[tuple[int, str]]:
        """(number, label) of what can be opened or downloaded apart from the text."""
        return [
            (number, part.get_filename() or "HTML")
            for number, part in enumerate(self.message.walk())
            if part.get_filename() or part.get_content_type() == "text/html"
        ]


def letters(pattern="*.log") -> list[Letter]:
    found = []
    for file in sorted(Path(settings.EMAIL_FILE_PATH).glob(pattern), reverse=True):
        mails = file.read_bytes().split(BETWEEN_MAILS)
        for number, raw in reversed(list(enumerate(filter(bytes.strip, mails)))):
            message = email.message_from_bytes(raw.lstrip(), policy=email.policy.default)
            found.append(Letter(f"{file.stem}.{number}", message))
    return found


def letter(name: str) -> Letter:
    stem = name.rpartition(".")[0]
    if re.fullmatch(r"[\w-]+\.\d+", name):
        for found in letters(f"{stem}.log"):
            if found.name == name:
                return found
    raise Http404


@require_safe
def inbox(request):
    return render(request, "inbox/list.html", {"letters": letters()[:100]})


@require_safe
def read(request, name):
    return render(request, "inbox/letter.html", {"letter": letter(name)})


@require_safe
def part(request, name, number):
    found = dict(enumerate(letter(name).message.walk())).get(number)
    if found is None or found.is_multipart():
        raise Http404
    response = HttpResponse(found.get_payload(decode=True), content_type=found.get_content_type())
    if filename := found.get_filename():
        response.headers["Content-Disposition"] = content_disposition_header(True, filename)
    else:
        charset = found.get_content_charset("utf-8")
        response.headers["Content-Type"] = f"{found.get_content_type()}; charset={charset}"
        # A mail brings its own styles; it may look like it wants, but do nothing.
        response.headers["Content-Security-Policy"] = "sandbox; style-src 'unsafe-inline'"
    return response


urlpatterns = [
    path("", inbox, name="inbox"),
    path("<str:name>/", read, name="letter"),
    path("<str:name>/<int:number>/", part, name="letter-part"),
]
