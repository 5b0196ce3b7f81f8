"""Sending the file of an export: by ourselves, with what makes a download resumable (RFC 9110), by
the web server before us (EXPORT_SENDFILE), or by the storage itself, where that is remote.
"""

import re
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

from . import archive

BLOCK = 1 << 18  # bytes
IN_A_SANDBOX = "default-src 'none'; sandbox"  # if a browser shows it after all
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


def answer(request, export) -> tuple[HttpResponse, bool]:
    """What to answer to a GET or HEAD of the export's file, and whether that begins a download: not
    when it goes on with one, and not when nothing is sent.

    Raises FileNotFoundError and archive.Unavailable.
    """
    header = request.headers.get("Range", "") if request.method == "GET" else ""
    part = asked_for(header, export.size)
    if not archive.is_local():
        response = _redirect(request, export)
    elif settings.EXPORT_SENDFILE:
        response = _hand_over(export)
    else:
        part = part if _is_still(request, export) else None
        response = _send(request, export, part)
    response["Content-Security-Policy"] = IN_A_SANDBOX
    is_sent = request.method == "GET" and response.status_code in {200, 206, 302}
    return response, is_sent and (part is None or part.start == 0)


def asked_for(header: str, size: int) -> range | None:
    """The bytes that a Range header (RFC 9110, section 14) asks for, of `size`: an empty range when
    there are none such; None when it asks for several parts or makes no sense, which is to be
    answered with the whole."""
    found = RANGE.fullmatch(header.strip())
    first, last = found.groups() if found else ("", "")
    if first and last and int(last) < int(first):
        return None
    if first:
        return range(int(first), min(int(last) + 1, size) if last else size)
    if last:
        return range(max(0, size - int(last)), size)
    return None


def _redirect(request, export):
    """To the storage, for as long as our own links hold."""
    parameters = {
        "ResponseContentType": export.content_type,
        "ResponseContentDisposition": _disposition(export),
    }
    url = archive.storage().url(
        _existing(export),
        parameters=parameters,
        expire=settings.EXPORT_LINK_SECONDS,
        http_method=request.method,  # it is signed too
    )
    # Not Django's redirect, which refuses what is longer than 2048: keys for a time are long.
    return HttpResponse(status=302, headers={"Location": url})


def _hand_over(export):
    """To the web server, which knows of ranges and conditions itself."""
    name = _existing(export)
    response = HttpResponse(content_type=export.content_type)
    response["Content-Disposition"] = _disposition(export)
    _identify(response, export)  # nginx has an ETag of its own; that of mod_xsendfile is always "0"
    if settings.EXPORT_SENDFILE == "nginx":
        response["X-Accel-Redirect"] = settings.EXPORT_SENDFILE_URL + quote(name)
    else:
        response["X-Sendfile"] = quote(archive.storage().path(name))
    return response


def _existing(export):
    """The name of its file, which others are about to open."""
    if not archive.storage().exists(export.file.name):
        raise FileNotFoundError(export.file.name)
    return export.file.name


def _disposition(export):
    return content_disposition_header(True, export.file_name)


def _is_still(request, export):
    """Whether the file is the one of which If-Range, if there is one, wants to have a part."""
    wanted = request.headers.get("If-Range")
    return wanted in {None, _etag(export)} or parse_http_date_safe(wanted) == _modified(export)


def _etag(export):
    return f'"{export.sha256}"'


def _modified(export):
    return int(export.published_at.timestamp())


def _send(request, export, part):
    etag, modified = _etag(export), _modified(export)
    response = get_conditional_response(request, etag, modified) or _content(request, export, part)
    _identify(response, export)
    response["Accept-Ranges"] = "bytes"
    return response


def _identify(response, export):
    """By what a download that goes on can tell that it is the same file."""
    response["ETag"] = _etag(export)
    response["Last-Modified"] = http_date(_modified(export))


def _content(request, export, part):
    size = export.size
    if part is not None and not part:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part, status = (range(size), 200) if part is None else (part, 206)
    file = archive.storage().open(export.file.name, "rb")
    if request.method == "HEAD":
        file.close()
        response = HttpResponse(content_type=export.content_type)
    else:
        file.seek(part.start)
        # To its end it can be given to the kernel as it is.
        content = file if part.stop == size else Part(file, len(part))
        response = FileResponse(content, status=status, content_type=export.content_type)
        response.block_size = BLOCK
    if status == 206:
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response["Content-Disposition"] = _disposition(export)
    response["Content-Length"] = len(part)
    return response


class Part:
    """As much of an open file as is asked for, from where it stands."""

    def __init__(self, file, length):
        self.file = file
        self.left = length

    def read(self, size):
        block = self.file.read(min(size, self.left))
        self.left -= len(block)
        return block

    def close(self):
        self.file.close()
