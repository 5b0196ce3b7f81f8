"""What is kept in a bucket of S3, or of what speaks like it, in place of a folder: the storage of
people's pictures on a site with AVATARS_S3_BUCKET. docs/reference/storage.md says what the bucket
is to be like.
"""

from contextlib import contextmanager
from time import monotonic

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

ELSEWHERE = _("The bucket is in another region: set {kind}_S3_REGION.")
# What is wrong with the settings when the store says so, and what to do.
MENDS = {
    "NoSuchBucket": _("Make it, or name another one in {kind}_S3_BUCKET."),
    "InvalidAccessKeyId": _("The store does not know the key: set AWS_ACCESS_KEY_ID."),
    "SignatureDoesNotMatch": _("AWS_SECRET_ACCESS_KEY is not that of AWS_ACCESS_KEY_ID."),
    "AccessDenied": _("docs/reference/storage.md says what the key has to be allowed."),
    # To HEAD, without words.
    "403": _(
        "Is AWS_ACCESS_KEY_ID right? docs/reference/storage.md says what the key has to be allowed."
    ),
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "PermanentRedirect": ELSEWHERE,
    "RequestTimeTooSkewed": _("The clock of this machine is wrong."),
    "NoCredentialsError": _("There is no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."),
    "PartialCredentialsError": _(
        "Half of the key is missing: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    ),
    "EndpointConnectionError": _("Is {kind}_S3_ENDPOINT_URL its address, and is it up?"),
}
NOT_NOW = {"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"}
DOES_NOT_HEAL = {"NoCredentialsError", "PartialCredentialsError"}
LATE = ConnectTimeoutError, ReadTimeoutError
PAUSE = 10  # seconds
COMMON = Config(
    signature_version="s3v4",
    tcp_keepalive=True,
    # What was written is read again and hashed by us, and not every store knows the newer sums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
# People wait for it: at worst some 11 seconds. A connection that was cut off while it was idle is
# the reason for a second time.
QUICK = COMMON.merge(
    Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
)


class Bucket(S3Storage):
    """As S3Storage, but nothing is written over, nobody waits long, and what goes wrong is an
    OSError whose text says what, with the mend: a FileNotFoundError where there is no such file.

    Who has waited in vain has done so for the others in this process: for PAUSE seconds they are
    told at once, and then one of them looks whether the store is back.
    """

    kind = "AVATARS"  # its variables begin so

    def __init__(self, **options):
        super().__init__(file_overwrite=False, querystring_auth=True, **options)
        self.configure(QUICK)
        self._silent_until = 0  # by the monotonic clock; 0: it answers

    def configure(self, config: Config):
        """Before anything is asked of it."""
        self.client_config = self.client_config.merge(config)

    def unavailable(self, text: str, *, heals: bool) -> OSError:
        """heals: it may answer later by itself."""
        return OSError(text)

    def _open(self, name, mode="rb"):
        with self._explained(name), self._waited_for():
            key = self._normalize_name(name)
            there = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=key)
            return ContentFile(there["Body"].read(), name)

    def _save(self, name, content):
        with self._explained(name), self._waited_for():
            key = self._normalize_name(name)
            content.seek(0)
            self.connection.meta.client.put_object(
                Bucket=self.bucket_name,
                Key=key,
                Body=content.read(),
                **self._get_write_parameters(key, content),
            )
        return name

    def exists(self, name):
        with self._explained(name), self._waited_for():
            return super().exists(name)

    def delete(self, name):
        with self._explained(name), self._waited_for():
            super().delete(name)

    def listdir(self, name):
        with self._explained(name), self._waited_for():
            return super().listdir(name)

    def get_modified_time(self, name):
        with self._explained(name), self._waited_for():
            return super().get_modified_time(name)

    def url(self, name, **options):
        with self._explained(name):
            return super().url(name, **options)

    @contextmanager
    def _waited_for(self):
        now = monotonic()
        if now < self._silent_until:
            text = _("The bucket %(bucket)s has just not answered in time.")
            raise self.unavailable(text % {"bucket": self.bucket_name}, heals=True)
        if self._silent_until:
            self._silent_until = now + PAUSE  # the others leave it to this one
        try:
            yield
        except LATE:
            self._silent_until = monotonic() + PAUSE
            raise
        except BaseException:
            self._silent_until = 0
            raise
        self._silent_until = 0

    @contextmanager
    def _explained(self, name):
        try:
            yield
        except (BotoCoreError, Boto3Error, RetriesExceededError) as error:
            kind = type(error).__name__
            raise self._unavailable(error, kind, heals=kind not in DOES_NOT_HEAL) from error
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"404", "NoSuchKey"}:
                raise FileNotFoundError(name) from error
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            heals = status >= 500 or code in NOT_NOW
            raise self._unavailable(error, code, heals=heals) from error

    def _unavailable(self, error, code, *, heals):
        mend = MENDS.get(code, "").format(kind=self.kind)
        said = {"bucket": self.bucket_name, "error": error, "mend": mend}
        text = (_("The bucket %(bucket)s can't be used: %(error)s. %(mend)s") % said).strip()
        return self.unavailable(text, heals=heals)
