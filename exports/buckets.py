"""Exports in a bucket of S3, or of what speaks like it, in place of a folder: the storage of a site
with ARCHIVES_S3_BUCKET. docs/reference/storage.md says what the bucket is to be like.
"""

from contextlib import ExitStack

from botocore.config import Config
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from accounts import buckets

from . import archive

# Only workers wait for it, and a job is tried again besides.
PATIENT = buckets.COMMON.merge(
    Config(
        connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
    )
)


class Bucket(buckets.Bucket):
    """What goes wrong is an archive.Unavailable or a FileNotFoundError. Whole files, which may be
    large, are waited for longer, and read by way of a scratch file and not of memory."""

    kind = "ARCHIVES"

    def __init__(self, **options):
        self.whole = S3Storage(file_overwrite=False, **options)
        super().__init__(**options)
        self.whole.client_config = self.whole.client_config.merge(PATIENT)

    def configure(self, config):
        super().configure(config)
        self.whole.client_config = self.whole.client_config.merge(config)

    def unavailable(self, text, *, heals):
        return archive.Unavailable(text, heals=heals)

    def _open(self, name, mode="rb"):
        with self._explained(name), ExitStack() as stack:
            file = stack.enter_context(archive.scratch_file())
            self.whole.bucket.Object(self._normalize_name(name)).download_fileobj(file)
            file.seek(0)
            stack.pop_all()  # it stays open
        return File(file, name)

    def _save(self, name, content):
        with self._explained(name):
            return self.whole._save(name, content)
