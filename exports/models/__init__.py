"""What people take out: the exports, their downloads, what comes by itself, and who is told."""

from .downloads import Download
from .exports import Export
from .idempotency import IdempotencyKey
from .managers import JOB
from .schedules import Schedule
from .webhooks import Delivery, Webhook

__all__ = ["JOB", "Delivery", "Download", "Export", "IdempotencyKey", "Schedule", "Webhook"]
