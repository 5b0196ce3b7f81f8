"""Parts of addresses."""

USERNAME = "[A-Za-z0-9_]{1,30}"


class UsernameConverter:
    """`<username:...>`"""

    regex = USERNAME

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value
