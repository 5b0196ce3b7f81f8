"""Slow work of this app: mails about posts and messages, the post log, and taking away what was
deleted."""

import logging

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tasks import mail as mails
from tasks.lifecycle import launch_spread
from tasks.runner import job

from .models import Message, Post
from .models.managers import CHUNK as POSTS_AT_ONCE
from .models.managers import MANY, UNDO_FOR

CHUNK = 50  # followers, in a transaction in which nobody else writes to SQLite
PER_SECOND = 20  # mails; between them there is room for other work

post_log = logging.getLogger("blog.posts")


@job(_("Telling followers of a post"))
def announce_post(run):
    """One task a follower, so that trying one again never mails another one twice."""
    post = _post_of(run.task)
    followers = list(post.author.followers_by_mail.values_list("pk", flat=True)) if post else []
    for first in range(0, len(followers), CHUNK):
        args_by_key = {
            f"{post.pk}:{pk}": {"post": post.pk, "follower": pk}
            for pk in followers[first : first + CHUNK]
        }
        with run.fenced():
            launch_spread(
                "blog.jobs.mail_new_post", args_by_key, after=first / PER_SECOND, pace=PER_SECOND
            )


@job(_("Mail about a new post"), phases={"mailing": _("Sending the mail")})
def mail_new_post(run):
    post = _post_of(run.task)
    if post is None:
        return
    for follower in post.author.followers_by_mail.filter(pk=run.task.args["follower"]):
        mails.send_once(run, compose(post, follower))


def _post_of(task):
    """What the task is about, while everybody gets to see it."""
    posts = Post.objects.public().select_related("author")
    return posts.filter(pk=task.args["post"]).first()


def compose(post, follower):
    """The mail to a follower: the title or first words of the post, and a link."""
    unsubscribe_url = follower.unsubscribe_url("mail_new_posts")
    return mails.compose(
        "blog/mail/new_post",
        {
            "post": post,
            "follower": follower,
            "url": settings.SITE_URL + post.get_absolute_url(),
            "unsubscribe_url": unsubscribe_url,
        },
        to=follower.email,
        language=follower.language,
        key=f"post-{post.pk}-{follower.pk}",
        headers=unsubscribe_headers(unsubscribe_url),
    )


def unsubscribe_headers(url):
    """One click in the mail program ends such mails: RFC 8058."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@job(_("Writing to the post log"))
def log_post(run):
    """A line for each new post: when, its id, who, its title as Python writes a text, so that it
    stays in its line. An attempt that dies between the line and its end writes it once more: each
    post is there at least once, and can be told by its id. One that is gone by now is not."""
    post = Post.with_deleted.select_related("author").filter(pk=run.task.args["post"]).first()
    if post:
        moment = post.timestamp.isoformat()
        post_log.info("%s %d %s %r", moment, post.pk, post.author.username, post.title)


@job(_("Deleting all posts"), phases={"removing": _("Taking them away")})
def remove_all_posts(run):
    """In short steps, between which others write. What is newer than `latest` stays."""
    latest, up_to = run.task.args["latest"], run.task.args["up_to"]
    total, removed = Post.objects.filter(pk__lte=up_to).count(), 0
    run.enter("removing", done=0, total=total)
    while up_to:
        with run.fenced():
            up_to = Post.objects.remove_latest(up_to)
        removed = min(total, removed + MANY)
        run.advance(removed)
    after = 2 * UNDO_FOR.total_seconds()  # by the clock of the database, which may be ahead of ours
    with run.fenced():
        launch_spread(
            "blog.jobs.purge_posts", {str(latest): {"up_to": latest}}, after=after, pace=1
        )


@job(_("Removing deleted posts"))
def purge_posts(run):
    """For good, those up to an id whose undo has run out; in short steps."""
    gone = Post.with_deleted.filter(
        pk__lte=run.task.args["up_to"], deleted_at__lte=timezone.now() - UNDO_FOR
    )
    last = 0
    while pks := list(
        gone.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:POSTS_AT_ONCE]
    ):
        with run.fenced():
            gone.filter(pk__in=pks).delete()
        last = pks[-1]


@job(_("Removing a deleted post"))
def purge_post(run):
    """For good, unless it was brought back."""
    args = run.task.args
    Post.with_deleted.filter(pk=args["post"], deleted_at=args["deleted_at"]).delete()


@job(_("Mail about a message"), phases={"mailing": _("Sending the mail")})
def mail_message(run):
    messages = Message.objects.unread().filter(sender__is_active=True, pk=run.task.args["message"])
    message = messages.select_related("sender", "recipient").first()
    if message and message.is_to_be_mailed():
        mails.send_once(run, compose_message(message))


def compose_message(message):
    """The mail that says that there is a message, and from whom. What it says stays here."""
    person = message.recipient
    path = reverse("blog:conversation", args=[message.sender.username])
    return mails.compose(
        "blog/mail/new_message",
        {
            "message": message,
            "unsubscribe_url": person.unsubscribe_url("mail_messages"),
            "url": settings.SITE_URL + path,
        },
        to=person.email,
        language=person.language,
        key=f"message-{message.pk}",
        headers=unsubscribe_headers(person.unsubscribe_url("mail_messages")),
    )
