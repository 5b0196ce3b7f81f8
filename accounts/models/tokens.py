"""Tokens: what a program shows in place of its person's password (RFC 6750)."""

import hashlib
import secrets
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tasks.statements import Given, Select

from .people import User

PREFIX = "mb_"  # by which people, and programs that look for leaked secrets, know one
NAME_MAX_LENGTH = 50  # code points
EXPIRES_IN_MAX = 5 * 365  # days
USED_EVERY = timedelta(minutes=5)
EXPIRED_KEPT_FOR = timedelta(days=30)  # so long its program hears that it has expired
SCOPES = {
    "read": _("Read what you can read, your private messages too."),
    "write": _("Write, follow, and change your profile and your settings for you."),
    "export": _("Take out what you wrote, your messages with it."),
}


class InvalidToken(Exception):
    """It is none of ours, was revoked, or its person is not here any more."""


class ExpiredToken(InvalidToken):
    pass


class TokenQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def to_forget(self):
        return self.filter(expires_at__lt=timezone.now() - EXPIRED_KEPT_FOR)

    def named_first(self):
        """The latest first, but at the end those that have no name: of them there can be many."""
        return self.order_by(Exact(F("name"), Value("")), "-id")


class TokenManager(models.Manager.from_queryset(TokenQuerySet)):
    def issue(self, owner, scopes=tuple(SCOPES), *, name="", expires_in: timedelta | None = None):
        """A new token: returns (its row, its secret). The secret is not kept, only what it can be
        recognized by.

        Raises InvalidToken when the password is not any more the one that `owner` has: who changes
        it shuts out also who has just come in by the old one.
        """
        secret = PREFIX + secrets.token_urlsafe(32)
        token = Token(
            owner=owner,
            name=name,
            scopes=" ".join(sorted(set(scopes))),
            digest=_digest(secret),
            expires_at=None if expires_in is None else timezone.now() + expires_in,
        )
        same = User.objects.active().filter(pk=owner.pk, password=owner.password)
        with transaction.atomic(savepoint=False):
            if is_same := same.select_for_update(no_key=True).values_list("pk").first():
                token.save(force_insert=True)
        if not is_same:
            raise InvalidToken
        return token, secret

    def recognize(self, secret: str) -> "Token":
        """The token whose secret this is, with its owner.

        Raises InvalidToken, of which ExpiredToken is one.
        """
        token = KNOWN.first(digest=_digest(secret))
        if token is None or not token.owner.is_active:
            raise InvalidToken
        if token.expires_at and token.expires_at <= timezone.now():
            raise ExpiredToken
        return token


class Token(models.Model):
    """A program may do for `owner` what `scopes` say (RFC 6749, section 3.3), until it expires, is
    revoked, or the password is changed."""

    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("owner")
    )
    # None: it came by the first version of the API, in which they have no names.
    name = models.CharField(_("name"), max_length=NAME_MAX_LENGTH, blank=True)
    scopes = models.CharField(_("scopes"), max_length=100)
    digest = models.CharField(_("SHA-256"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = TokenManager()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
                name="accounts_token_by_end",
            )
        ]

    def __str__(self):
        return self.name or str(self.pk)

    def permits(self, scope: str) -> bool:
        return scope in self.scopes.split()

    @property
    def permissions(self) -> list:
        """What it permits, in words."""
        return [words for scope, words in SCOPES.items() if self.permits(scope)]

    def note_use(self):
        """Note when it was last used, to some minutes: not each request is worth a write."""
        now = timezone.now()
        if self.used_at is None or now - self.used_at > USED_EVERY:
            Token.objects.filter(pk=self.pk).update(used_at=now)


# Composed once: most requests begin with it.
KNOWN = Select(
    lambda: Token.objects.filter(digest=Given("digest", models.CharField())).select_related("owner")
)


def _digest(secret: str) -> str:
    """Plain SHA-256: a secret of 256 random bits needs no salt, and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
