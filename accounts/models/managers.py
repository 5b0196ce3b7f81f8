"""Which people there are of a kind, and who has to do with whom."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from accounts.validators import validate_storable
from tasks.statements import Given


def in_touch(reader, column: str):
    """Conditions of rows: that there is no block between `reader` and whom `column` names."""
    blocks = get_user_model().blocks.through.objects
    yield ~Exists(blocks.filter(from_user=reader, to_user=OuterRef(column)))
    yield ~Exists(blocks.filter(from_user=OuterRef(column), to_user=reader))


def not_muted(reader, column: str):
    """A condition of rows: that `reader` has not muted whom `column` names."""
    mutes = get_user_model().mutes.through.objects
    return ~Exists(mutes.filter(from_user=reader, to_user=OuterRef(column)))


class Reader(Given):
    """Stands for somebody who is signed in, where a statement is composed once."""

    is_authenticated = True

    def __init__(self, name="reader", is_staff=False):
        super().__init__(name, models.BigAutoField())
        self.is_staff = is_staff


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def in_touch_with(self, person):
        """Those between whom and `person` there is no block."""
        return self.filter(*in_touch(person, "pk"))

    def who_hear_of(self, person):
        """Those who are to be told what `person` does: nobody who has muted them, either."""
        return self.active().in_touch_with(person).exclude(mutes=person)

    def seen_by(self, reader):
        """Those of whom `reader`, who may be a visitor, gets to see what they write."""
        people = self.active()
        return people.in_touch_with(reader) if reader.is_authenticated else people

    def who_get_mails_about(self, person):
        """Those who want a mail about each new post of `person`."""
        followers = self.filter(follows=person, mail_new_posts=True)
        return followers.exclude(email="").who_hear_of(person)

    def named(self, *usernames: str):
        """Those of these names, in whatever case they are written."""
        folded = [username.lower() for username in usernames]
        return self.alias(folded=Lower("username")).filter(folded__in=folded)

    def with_email(self, email: str):
        """The user with this address, in whatever case, as a QuerySet of one or none."""
        return self.alias(folded=Lower("email")).filter(folded=email.lower())


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):
    def get_by_natural_key(self, username):
        try:
            validate_storable(username)
        except ValidationError as error:  # the database would fall over it
            raise self.model.DoesNotExist from error
        return self.named(username).get()

    def suspended_as(self, username, password) -> "models.Model | None":
        """Who is suspended, and has shown by their password that it is them."""
        person = self.named(username).filter(is_active=False).first()
        return person if person and person.check_password(password) else None
