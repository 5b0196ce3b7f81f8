"""What people say."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from tasks.lifecycle import launch

BODY_MAX_LENGTH = 500  # code points
TITLE_MAX_LENGTH = 140  # code points
SURROGATE = re.compile("[\ud800-\udfff]")
BLANK = _("Write something first.")


def validate_storable(text: str):
    """Refuse the two things that a database or a file can't hold: NUL and lone surrogates. Other
    control characters are kept, real text has them."""
    if "\0" in text:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters")
    if SURROGATE.search(text):
        raise ValidationError(_("The text contains a broken character."), code="surrogate")


def validate_not_blank(text: str):
    if not text.strip():
        raise ValidationError(BLANK, code="blank")


class BodyField(models.TextField):
    """Text whose line ends are `\\n`, made so before anything counts its length."""

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else value.replace("\r\n", "\n").replace("\r", "\n")


class PostQuerySet(models.QuerySet):
    def oldest_first(self):
        return self.order_by("timestamp", "id")

    def newest_first(self):
        return self.order_by("-timestamp", "-id")

    def after(self, timestamp, pk):
        """The posts that follow (timestamp, pk) when oldest come first."""
        return self.filter(timestamp__gte=timestamp).filter(
            Q(timestamp__gt=timestamp) | Q(pk__gt=pk)
        )

    def before(self, timestamp, pk):
        """The posts that follow (timestamp, pk) when newest come first."""
        return self.filter(timestamp__lte=timestamp).filter(
            Q(timestamp__lt=timestamp) | Q(pk__lt=pk)
        )


class Post(models.Model):
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,  # blog_post_by_author serves it too
        related_name="posts",
        verbose_name=_("author"),
    )
    title = models.CharField(
        _("title"), max_length=TITLE_MAX_LENGTH, blank=True, validators=[validate_storable]
    )
    body = BodyField(
        _("text"),
        error_messages={"blank": BLANK},
        validators=[validate_storable, validate_not_blank, MaxLengthValidator(BODY_MAX_LENGTH)],
    )
    timestamp = models.DateTimeField(_("time"), default=timezone.now)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        indexes = [models.Index(fields=["author", "timestamp", "id"], name="blog_post_by_author")]

    def __str__(self):
        return Truncator(self.title or " ".join(self.body.split())).chars(60)

    def get_absolute_url(self):
        return reverse("blog:post", args=[self.pk])

    @transaction.atomic
    def publish(self):
        """Save a new post, and have those told of it who follow its author and want to be."""
        self.save(force_insert=True)
        if self.author.followers_by_mail.exists():
            launch("blog.jobs.announce_post", key=str(self.pk), args={"post": self.pk})
