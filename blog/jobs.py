"""Slow work of this app: telling followers of a new post by mail."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tasks import mail as mails
from tasks.lifecycle import launch_spread
from tasks.runner import job

from .models import Message, Post

CHUNK = 500  # followers
PER_SECOND = 20  # mails; between them there is room for other work


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
    """What the task is about, while it and its author are there."""
    posts = Post.objects.filter(author__is_active=True).select_related("author")
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
