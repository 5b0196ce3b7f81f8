"""What every answer tells browsers, but for those that have reasons."""

import re

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
SANDBOX = "default-src 'none'; sandbox"
ASKED_ANEW = "private, no-cache"  # by the one whom it is for
NOTHING = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": NOTHING,
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
}
AS_A_PICTURE = {"Content-Security-Policy": SANDBOX, "Cross-Origin-Resource-Policy": "cross-origin"}
AS_A_FILE = {"Content-Security-Policy": SANDBOX}
# What is ours and no page: sent by WhiteNoise, or before anybody has a look at the request.
OURS = {"Content-Security-Policy": None, "X-Frame-Options": None}
SIGN = OURS | {
    "Referrer-Policy": None,
    "Cross-Origin-Opener-Policy": None,
    "Cross-Origin-Resource-Policy": None,
    "Permissions-Policy": None,
}
DEVIATING = {
    "/@<username>/avatar/": AS_A_PICTURE,
    "/exports/<pk>/file/": AS_A_FILE,
    "/api/v2/exports/<pk>/download": AS_A_FILE,
}
OF_DEVELOPMENT = {"/mail/<name>/<number>/"}  # a part of a mail, in a sandbox of its own
INLINE = {  # where the policy would keep it from working
    "style": r"<style|<[^>]* style=",
    "handler": r"<[^>]* on[a-z]+=",
    "script": r"<script(?![^>]*( src=|type=\"application/json\"))",
    "address": r"<[^>]* (href|src|action)=\"?\s*javascript:",
}


def said(response):
    """Each of the headers as it is."""
    return {name: policy_of(response.get(name)) for name in EVERYWHERE}


def policy_of(value):
    """With the directives of the Content-Security-Policy in no order."""
    return value and "; ".join(sorted(value.split("; ")))


def expected(deviating=()):
    return {name: policy_of(value) for name, value in (EVERYWHERE | dict(deviating)).items()}


def inline_in(response):
    if not response.get("Content-Type", "").startswith("text/html"):
        return []
    page = response.content.decode()
    return [kind for kind, pattern in INLINE.items() if re.search(pattern, page)]


def wrong(route, response):
    """Sentences about what an answer to a route tells browsers otherwise than it should."""
    if route in OF_DEVELOPMENT:
        return
    deviating = DEVIATING.get(route, {})
    if deviating == AS_A_FILE and response.status_code not in {200, 206}:
        deviating = {}
    if said(response) != expected(deviating):
        yield f"its headers are {said(response)}"
    yield from (f"it has an inline {kind}" for kind in inline_in(response))
