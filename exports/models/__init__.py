"""What people take out: the exports, their downloads, and what comes by itself."""

from .downloads import Download
from .exports import Export
from .schedules import Schedule

__all__ = ["Download", "Export", "Schedule"]
