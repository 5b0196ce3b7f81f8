"""People."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

USERNAME_TAKEN = _("This user name is taken. Please choose another.")
EMAIL_TAKEN = _("This e-mail address belongs to another account.")


def languages():
    return settings.LANGUAGES


class UserManager(DjangoUserManager):
    def named(self, username: str):
        """The user of this name, in whatever case it is written, as a QuerySet of one or none."""
        return self.alias(folded=Lower("username")).filter(folded=username.lower())

    def get_by_natural_key(self, username):
        return self.named(username).get()


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
    language = models.CharField(
        _("language"),
        max_length=16,
        choices=languages,
        default="en",
        help_text=_("The language of the mails to this person."),
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

    def get_absolute_url(self):
        return reverse("blog:profile", args=[self.username])
