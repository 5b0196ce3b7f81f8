"""What people take out: the exports, their downloads, and what comes by itself."""

from .downloads import Download
from .exports import JOB, Export
from .schedules import Schedule

__all__ = ["JOB", "Download", "Export", "Schedule"]
