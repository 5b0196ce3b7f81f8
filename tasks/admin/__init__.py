"""The pages of those who run the site: the board, and the list of tasks."""

from .read_only import ReadOnly
from .tasks import TaskAdmin

__all__ = ["ReadOnly", "TaskAdmin"]
