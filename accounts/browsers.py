"""What people come with, as it calls itself, and in plain words."""

import re

from django.utils.translation import gettext as _

USER_AGENT_MAX = 200  # characters
# The first that is found: most call themselves what came before them, too.
BROWSERS = {
    r"Edg(A|iOS)?/": "Edge",
    r"OPR/": "Opera",
    r"SamsungBrowser/": "Samsung Internet",
    r"(Firefox|FxiOS)/": "Firefox",
    r"(Chrome|Chromium|CriOS)/": "Chrome",
    r"Version/.* Safari/": "Safari",
}
SYSTEMS = {
    r"Android": "Android",
    r"iPhone|iPod": "iPhone",
    r"iPad": "iPad",
    r"Windows": "Windows",
    r"CrOS": "ChromeOS",
    r"Macintosh": "macOS",  # an iPad may say so, too
    r"Linux|X11": "Linux",
}


def user_agent(request) -> str:
    """What the program that asks calls itself (RFC 9110, section 10.1.5), as it can be kept."""
    return request.headers.get("User-Agent", "").replace("\0", "")[:USER_AGENT_MAX]


def in_words(user_agent: str) -> str:
    """The browser and its system, as far as they can be guessed; else what it calls itself."""
    if not user_agent.startswith("Mozilla/"):
        return user_agent
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent


def _first(names, user_agent):
    found = (name for pattern, name in names.items() if re.search(pattern, user_agent))
    return next(found, "")
