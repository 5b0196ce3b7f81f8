"""Exports in a bucket of S3, or of what speaks like it, in place of a folder: the storage of a site
with ARCHIVES_S3_BUCKET. docs/storage.md says what the bucket is to be like.
"""

from contextlib import ExitStack, contextmanager

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

from . import archive

# What is wrong with the settings when the store says so, and what to do.
MENDS = {
    "NoSuchBucket": "Make it, or name another one in ARCHIVES_S3_BUCKET.",
    "InvalidAccessKeyId": "The store does not know the key: set AWS_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY is not that of AWS_ACCESS_KEY_ID.",
    "AccessDenied": "docs/storage.md says what the key has to be allowed.",
    "403": "docs/storage.md says what the key has to be allowed.",  # to HEAD, without words
    "AuthorizationHeaderMalformed": "The bucket is in another region: set ARCHIVES_S3_REGION.",
    "PermanentRedirect": "The bucket is in another region: set ARCHIVES_S3_REGION.",
    "RequestTimeTooSkewed": "The clock of this machine is wrong.",
    "NoCredentialsError": "There is no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    "PartialCredentialsError": "Half of the key is missing: set AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY.",
}
NOT_NOW = {"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"}
CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},  # a job is tried again besides
    # What was written is read again and hashed by us, and not every store knows the newer sums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Bucket(S3Storage):
    """As S3Storage, but nothing is written over, files are read by way of a scratch file and not of
    memory, and what goes wrong is an archive.Unavailable or a FileNotFoundError."""

    def __init__(self, **options):
        super().__init__(file_overwrite=False, querystring_auth=True, **options)
        self.client_config = self.client_config.merge(CONFIG)

    def _open(self, name, mode="rb"):
        with self._explained(name), ExitStack() as stack:
            file = stack.enter_context(archive.scratch_file())
            self.bucket.Object(self._normalize_name(name)).download_fileobj(file)
            file.seek(0)
            stack.pop_all()  # it stays open
        return File(file, name)

    def _save(self, name, content):
        with self._explained(name):
            return super()._save(name, content)

    def exists(self, name):
        with self._explained(name):
            return super().exists(name)

    def delete(self, name):
        with self._explained(name):
            super().delete(name)

    def listdir(self, name):
        with self._explained(name):
            return super().listdir(name)

    def get_modified_time(self, name):
        with self._explained(name):
            return super().get_modified_time(name)

    def url(self, name, **options):
        with self._explained(name):
            return super().url(name, **options)

    @contextmanager
    def _explained(self, name):
        try:
            yield
        except (BotoCoreError, Boto3Error, RetriesExceededError) as error:
            name = type(error).__name__
            raise self._unavailable(error, name, heals=name not in MENDS) from error
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"404", "NoSuchKey"}:
                raise FileNotFoundError(name) from error
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            heals = status >= 500 or code in NOT_NOW
            raise self._unavailable(error, code, heals=heals) from error

    def _unavailable(self, error, code, *, heals):
        mend = MENDS.get(code, "")
        text = f"The bucket {self.bucket_name} can't be used: {error}. {mend}".strip()
        return archive.Unavailable(text, heals=heals)
