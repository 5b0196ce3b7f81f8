"""People."""

import logging
import zoneinfo
from datetime import UTC, timedelta, tzinfo
from pathlib import PurePath

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser
from django.core import signing
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import avatars, pictures
from accounts.validators import validate_display_name, validate_storable, validate_time_zone
from tasks import lifecycle
from tasks.registry import Refused
from tasks.statements import Select

from .managers import Reader, UserManager

logger = logging.getLogger(__name__)

NAME_MAX_LENGTH = 50  # code points
ABOUT_MAX_LENGTH = 280  # code points
SEEN_EVERY = timedelta(minutes=5)
UNSUBSCRIBE_SALT = "accounts.unsubscribe"
UNSUBSCRIBABLE = {"mail_new_posts": _("new posts"), "mail_messages": _("messages")}
USERNAME_TAKEN = _("This user name is taken. Please choose another.")
EMAIL_TAKEN = _("This e-mail address belongs to another account.")
SUSPENDED = _(
    "Your account is suspended: nobody sees it, and nothing of it is lost. To object, or to have"
    " what you wrote, write to the people who run this site."
)


def languages():
    return settings.LANGUAGES


class User(AbstractUser):
    """A person. User names are unique without regard to case, and so are addresses."""

    username = models.CharField(
        _("user name"),
        max_length=30,
        unique=True,
        help_text=_("Up to 30 letters (A to Z), digits and underscores."),
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9_]+\Z",
                _("A user name has only letters (A to Z), digits and underscores."),
            )
        ],
        error_messages={"unique": USERNAME_TAKEN},
    )
    email = models.EmailField(
        _("e-mail address"),
        blank=True,
        validators=[
            # Django takes a quoted local part with line ends, which would end a mail's header.
            RegexValidator(
                r"^[^\x00-\x1f\x7f-\x9f]*\Z",
                _("An e-mail address has no control characters."),
            )
        ],
    )
    display_name = models.CharField(
        _("name"),
        max_length=NAME_MAX_LENGTH,
        blank=True,
        validators=[validate_display_name],
        help_text=_("Shown beside your user name, in any script."),
    )
    about = models.TextField(
        _("about me"),
        max_length=ABOUT_MAX_LENGTH,
        blank=True,
        validators=[validate_storable, MaxLengthValidator(ABOUT_MAX_LENGTH)],
    )
    avatar = models.ImageField(_("picture"), storage=avatars.storage, blank=True)
    last_seen = models.DateTimeField(_("last seen"), null=True, blank=True)
    signed_out_at = models.DateTimeField(
        _("signed out"), null=True, editable=False, help_text=_("When all their sessions ended.")
    )

    language = models.CharField(
        _("language"),
        max_length=16,
        choices=languages,
        default="en",
        help_text=_("Mails come in this language."),
    )

    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )

    mail_new_posts = models.BooleanField(
        _("mails about new posts"),
        default=False,
        help_text=_("A mail for each new post of the people you follow."),
    )
    mail_messages = models.BooleanField(
        _("mails about messages"),
        default=False,
        help_text=_("A mail when somebody writes you a private message."),
    )
    follows = models.ManyToManyField(
        "self", through="Follow", symmetrical=False, related_name="followers"
    )
    mutes = models.ManyToManyField(
        "self",
        symmetrical=False,
        related_name="muted_by",
        blank=True,
        verbose_name=_("muted people"),
        help_text=_("Their posts are not on this person's timelines. They don't know."),
    )
    blocks = models.ManyToManyField(
        "self",
        symmetrical=False,
        related_name="blocked_by",
        blank=True,
        verbose_name=_("blocked people"),
        help_text=_("They can neither follow this person nor write to them."),
    )

    objects = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_ci",
                violation_error_message=USERNAME_TAKEN,
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="accounts_user_email_ci",
                violation_error_message=EMAIL_TAKEN,
            ),
        ]
        indexes = [
            # Whose a picture is, or that it is nobody's.
            models.Index(fields=["avatar"], name="accounts_user_by_avatar"),
        ]

    @transaction.atomic(savepoint=False)
    def save(self, *args, **kwargs):
        """In one transaction with what others keep of a person, such as the index of a search. Who
        changes the password shuts out the browsers and programs that came in by the old one."""
        is_other_password = self._is_other_password(kwargs.get("update_fields"))
        super().save(*args, **kwargs)
        if is_other_password:
            self.tokens.all().delete()
            self.sessions.all().delete()

    def _is_other_password(self, update_fields):
        """Whether another password is about to be saved. The row is locked, so that no token is
        issued meanwhile for the old one."""
        if not self.pk or (update_fields is not None and "password" not in update_fields):
            return False
        own = User.objects.select_for_update(no_key=True).filter(pk=self.pk)
        return own.values_list("password", flat=True).first() not in {None, self.password}

    def check_password(self, raw_password):
        """Whether it is the right one. A better hash of it is kept, if it is still the password: it
        is not another one, and nobody is shut out."""

        def keep(raw_password):
            better, same = make_password(raw_password), {"pk": self.pk, "password": self.password}
            if User.objects.filter(**same).update(password=better):
                self.password = better

        return check_password(raw_password, self.password, keep)

    def get_absolute_url(self):
        return reverse("blog:profile", args=[self.username])

    @property
    def name(self) -> str:
        """What the person is called on pages; user names are shown beside it, with their @."""
        return self.display_name or self.username

    def see(self):
        """Note that the person is here, unless it was noted a moment ago: not each page is worth a
        write."""
        now = timezone.now()
        if self.last_seen is None or now - self.last_seen > SEEN_EVERY:
            User.objects.filter(pk=self.pk).update(last_seen=now)
            self.last_seen = now

    @transaction.atomic
    def follow(self, other) -> bool:
        """Follow `other`; twice is once. False when that can't be: nobody follows themselves, or
        who is no more, or who is apart from them."""
        if not self._lock_with(other) or self.is_apart_from(other):
            return False
        # There may be one all the same: what an admin or a command writes takes no lock.
        follows = User.follows.through
        follows.objects.bulk_create([follows(follower=self, followed=other)], ignore_conflicts=True)
        return True

    @transaction.atomic
    def block(self, other):
        """Keep `other` away, and end what is between the two."""
        self._lock_with(other)
        self.blocks.add(other)
        self.follows.remove(other)
        other.follows.remove(self)

    def _lock_with(self, other) -> bool:
        """Let only one transaction at a time change what is between the two, so that nobody follows
        whom they are being blocked by. Whether these are two people, and both are there."""
        two = User.objects.active().filter(pk__in=[self.pk, other.pk]).order_by("pk")
        return len(two.select_for_update(no_key=True).values_list("pk")) == 2

    def is_apart_from(self, other) -> bool:
        """Whether one of the two has blocked the other."""
        through = User.blocks.through.objects
        return through.filter(
            models.Q(from_user=self, to_user=other) | models.Q(from_user=other, to_user=self)
        ).exists()

    @property
    def zone(self) -> tzinfo:
        """The time zone of this person; UTC when this machine's table has lost it."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except zoneinfo.ZoneInfoNotFoundError:
            return UTC

    @property
    def avatar_url(self) -> str:
        """Where the picture is. The address changes with it, so that a new one is seen at once."""
        return f"{reverse('accounts:avatar', args=[self.username])}?v={self.avatar_version}"

    @property
    def small_avatar_url(self) -> str:
        """Where it is for lists. Drawn ones are of any size."""
        return f"{self.avatar_url}&small=1" if self.avatar else self.avatar_url

    @property
    def avatar_version(self) -> str:
        return PurePath(self.avatar.name).stem if self.avatar else "drawn"

    def read_picture(self) -> bytes | None:
        """The uploaded picture; None when there is none, or it was lost. Raises pictures.Away."""
        return avatars.read(self.avatar) if self.avatar else None

    def read_avatar(self) -> tuple[bytes, str]:
        """(picture, content type): the uploaded one, or one that is drawn of the user name when
        there is none, or it can't be had now."""
        try:
            if picture := self.read_picture():
                return picture, pictures.TYPE
        except pictures.Away as error:
            logger.warning("The picture of user %s can't be read. %s", self.pk, error)
        return pictures.draw(self.username), pictures.DRAWN

    def change_avatar(self, picture: bytes, *others: str):
        """Take `picture`, made by `pictures.make_square()`, or none if it is empty; and save these
        other fields with it. Raises pictures.Away, and then nothing has changed."""
        with avatars.kept(picture, User.avatar.field.storage) as name, transaction.atomic():
            old = User.objects.select_for_update().get(pk=self.pk).avatar
            self.avatar = name
            self.save(update_fields=["avatar", *others])
            avatars.remove_on_commit(old)

    def change_email(self, email: str) -> bool:
        """Move to a confirmed address. False when somebody else has it by now, or when this one's
        changed meanwhile."""
        try:
            with transaction.atomic():
                return bool(User.objects.filter(pk=self.pk, email=self.email).update(email=email))
        except IntegrityError:
            return False

    @transaction.atomic
    def delete(self, *args, **kwargs):
        """Remove the person and all that is theirs; what of it is being worked on is cancelled.

        The row is locked first, so that nobody adds to what is theirs meanwhile; then the tasks, so
        that a worker that is writing has written.
        """
        User.objects.select_for_update().filter(pk=self.pk).first()
        for task in list(self.tasks.active().select_for_update()):
            lifecycle.cancel(task)  # which leaves alone what is being delivered
        return super().delete(*args, **kwargs)

    @transaction.atomic
    def suspend(self, by, *, reason: str, words: str = "") -> bool:
        """Keep the person out, and what they say out of sight, until `restore()`. Their sessions
        and tokens end; all else of theirs stays. `reason`: for admins; `words`: for them. False
        when they are out already.

        Raises Refused when that is not for `by` to decide.
        """
        self.ensure_subject_to(by)
        if not User.objects.active().select_for_update(no_key=True).filter(pk=self.pk).first():
            return False
        self.tokens.all().delete()
        self.sessions.all().delete()
        self.suspensions.create(reason=reason, words=words, began_by=by)
        self.is_active, self.signed_out_at = False, timezone.now()
        self.save(update_fields=["is_active", "signed_out_at"])
        return True

    @transaction.atomic
    def restore(self, by) -> bool:
        """Let the person in again; what is theirs is seen as it was. False when they are not out.

        Raises Refused as `suspend()` does.
        """
        self.ensure_subject_to(by)
        people = User.objects.filter(is_active=False).select_for_update(no_key=True)
        if not people.filter(pk=self.pk).first():
            return False
        self.suspensions.filter(ended_at=None).update(ended_at=timezone.now(), ended_by=by)
        self.is_active = True
        self.save(update_fields=["is_active"])
        return True

    def ensure_subject_to(self, admin):
        """Raises Refused when it is not for `admin` to decide about this person."""
        if admin == self:
            raise Refused(_("Nobody decides about themselves."))
        if self.is_superuser and not admin.is_superuser:
            raise Refused(_("Only a superuser decides about a superuser."))

    @property
    def why_out(self) -> list[str]:
        """What somebody who is suspended is told who signs in: a sentence, and an admin's words."""
        suspension = self.suspensions.filter(ended_at=None).first()
        return [str(SUSPENDED), *filter(None, [suspension and suspension.words])]

    @transaction.atomic
    def sign_out(self):
        """End all their sessions, also one that begins at this moment."""
        self.signed_out_at = timezone.now()
        self.save(update_fields=["signed_out_at"])
        self.sessions.all().delete()

    def get_session_auth_hash(self):
        return self._since_signed_out(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self):
        return map(self._since_signed_out, super().get_session_auth_fallback_hash())

    def _since_signed_out(self, session_hash):
        """Sessions keep what this makes of it, and end when it changes."""
        if self.signed_out_at is None:
            return session_hash
        return f"{session_hash} {self.signed_out_at.isoformat()}"

    @property
    def followers_by_mail(self):
        """Those who want a mail about each new post of this person."""
        return User.objects.who_get_mails_about(self)

    @property
    def is_followed_by_mail(self) -> bool:
        return FOLLOWER_BY_MAIL.one(reader=self.pk) is not None

    def unsubscribe_url(self, mails: str) -> str:
        """Where this person ends `mails` (one of UNSUBSCRIBABLE) without signing in."""
        token = signing.dumps([self.pk, mails], salt=UNSUBSCRIBE_SALT)
        return settings.SITE_URL + reverse("accounts:unsubscribe", args=[token])

    def unsubscribe(self, mails: str):
        setattr(self, mails, False)
        self.save(update_fields=[mails])


# Composed once: it is asked with each post.
FOLLOWER_BY_MAIL = Select(
    lambda: User.objects.who_get_mails_about(Reader()).order_by().values_list("pk")[:1]
)


@receiver(post_delete, sender=User)
def remove_avatar(sender, instance, **kwargs):
    avatars.remove_on_commit(instance.avatar)
