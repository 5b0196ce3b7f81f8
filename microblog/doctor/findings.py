"""What was looked at, and how it is."""

from dataclasses import dataclass, replace
from enum import StrEnum

PATIENCE = 5  # seconds for an answer


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """`words`: what was looked at and, where it is not well, what is not; `mend`: what to do."""

    state: State
    words: str
    mend: str = ""

    def without(self, secrets: list[str]) -> "Finding":
        words, mend = self.words, self.mend
        for secret in secrets:
            words, mend = words.replace(secret, "***"), mend.replace(secret, "***")
        return replace(self, words=words, mend=mend)

    def to_dict(self) -> dict:
        return {"state": self.state, "words": self.words, "mend": self.mend}


def ok(words) -> Finding:
    return Finding(State.OK, str(words))


def warning(words, mend) -> Finding:
    return Finding(State.WARNING, str(words), str(mend))


def wrong(words, mend) -> Finding:
    return Finding(State.WRONG, str(words), str(mend))


def first_line(error: Exception) -> str:
    """Of what it says; drivers say the same in several."""
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
