"""What has to happen in the same transaction whenever a row is saved or deleted, by whomever."""

from django.conf import settings
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from accounts.models import User

from . import search
from .models import Post

FOUND_BY = {"username", "display_name", "about", "is_active"}


@receiver(post_save, sender=Post)
def index_post(sender, instance, raw, **kwargs):
    if not raw:
        search.index_posts([instance])


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def index_person(sender, instance, raw, update_fields, **kwargs):
    if not raw and (update_fields is None or FOUND_BY & set(update_fields)):
        search.index_people([instance])


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def forget_person(sender, instance, **kwargs):
    search.forget_person(instance)


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL)
def remove_what_is_said(sender, instance, **kwargs):
    """Their posts, of which there may be very many; and the messages that nobody has after that.
    Nobody is left who would be told what is gone: that is not noted, and what was noted goes too.
    """
    Post.with_deleted.filter(author=instance).delete(noted=False)
    instance.messages.filter(sender=None).delete()
    instance.sent_messages.filter(recipient=None).delete()


def prune_search(sender, **kwargs):
    """`manage.py flush` empties the tables of the models; the index is none of them."""
    search.prune(Post, User)
