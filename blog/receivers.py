"""What has to happen in the same transaction whenever a row is saved or deleted, by whomever."""

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import User

from . import search
from .models import Message, Post

FOUND_BY = {"username", "display_name", "about", "is_active"}


@receiver(post_save, sender=Post)
def index_post(sender, instance, raw, **kwargs):
    if not raw:
        search.index_posts([instance])


@receiver(post_delete, sender=Post)
def forget_post(sender, instance, **kwargs):
    search.forget_post(instance)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def index_person(sender, instance, raw, update_fields, **kwargs):
    if not raw and (update_fields is None or FOUND_BY & set(update_fields)):
        search.index_people([instance])


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def forget_person(sender, instance, **kwargs):
    search.forget_person(instance)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def remove_messages_that_nobody_has(sender, **kwargs):
    Message.objects.filter(sender=None, recipient=None).delete()


def prune_search(sender, **kwargs):
    """`manage.py flush` empties the tables of the models; the index is none of them."""
    search.prune(Post, User)
