"""Under which words posts are found together."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from blog import markup


class Tag(models.Model):
    """That a post has a tag. Tags are kept without their #, casefolded."""

    post = models.ForeignKey("Post", on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=markup.TAG_MAX_LENGTH)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["name", "post"], name="blog_tag_once")]

    def __str__(self):
        return f"#{self.name}"
