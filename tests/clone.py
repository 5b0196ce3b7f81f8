"""A copy of this checkout, as a clone would be."""

import shutil

from .documents import ROOT

NOT_IN_A_CLONE = shutil.ignore_patterns(
    ".git", ".venv", ".env", "var", "staticfiles", "*.mo", "__pycache__", ".*_cache"
)


def make_clone(folder):
    """Make one in `folder`, which is not there yet; it shares our .venv. Return `folder`."""
    shutil.copytree(ROOT, folder, ignore=NOT_IN_A_CLONE)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder
