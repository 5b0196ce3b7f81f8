from datetime import timedelta

import pytest
from django.utils import timezone

from blog import jobs
from blog.models import Post
from tasks.models import State, Task


@pytest.fixture
def followers(alice, django_user_model):
    """Three who want a mail about each post of Alice's."""
    people = [
        django_user_model.objects.create_user(
            f"reader{number}", f"r{number}@example.com", mail_new_posts=True, language=language
        )
        for number, language in enumerate(["en", "es", "zh-hant"])
    ]
    for person in people:
        person.follows.add(alice)
    return people


def published(author, **fields):
    post = Post(author=author, **{"body": "First line\nand more"} | fields)
    post.publish()
    return post


def work():
    """Do all the work there is, like a worker."""
    Task.objects.update(not_before=None)
    while task := Task.objects.filter(state=State.QUEUED).first():
        getattr(jobs, task.job.rpartition(".")[2])(str(task.pk))
        task.refresh_from_db()
        assert task.state != State.QUEUED, task.attempts.last().traceback
        Task.objects.update(not_before=None)


def test_who_follows_and_wants_it_is_mailed(alice, bob, followers, mailoutbox):
    bob.follows.add(alice)  # but wants no mails
    post = published(alice, title="News")
    work()
    assert {mail.to[0] for mail in mailoutbox} == {person.email for person in followers}
    mail = next(mail for mail in mailoutbox if mail.to == ["r0@example.com"])
    assert mail.subject == "@alice: News"
    assert f"http://127.0.0.1:8000/posts/{post.pk}/" in mail.body
    url = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert url.startswith("http://127.0.0.1:8000/accounts/unsubscribe/")
    assert url in mail.body


def test_each_is_written_to_in_their_language(alice, followers, mailoutbox):
    published(alice)
    work()
    bodies = {mail.to[0]: mail.body for mail in mailoutbox}
    assert "has written something new" in bodies["r0@example.com"]
    assert "ha escrito algo nuevo" in bodies["r1@example.com"]
    assert "發布了新貼文" in bodies["r2@example.com"]


def test_a_post_without_a_title_is_named_by_its_first_words(alice, followers, mailoutbox):
    published(alice, body="\r\nBcc: x@example.com\nwords")
    work()
    assert {mail.subject for mail in mailoutbox} == {"@alice: Bcc: x@example.com words"}


def test_nobody_is_mailed_twice_however_often_the_announcement_is_tried(
    alice, followers, mailoutbox
):
    published(alice)
    work()
    announcement = Task.objects.filter(job="blog.jobs.announce_post")
    announcement.update(state=State.QUEUED)
    work()
    assert len(mailoutbox) == len(followers)
    assert Task.objects.count() == 1 + len(followers)


def test_no_followers_are_no_work(alice, bob):
    bob.follows.add(alice)
    published(alice)
    assert not Task.objects.exists()


def test_who_unsubscribed_meanwhile_gets_nothing(alice, followers, mailoutbox):
    published(alice)
    jobs.announce_post(str(Task.objects.get().pk))
    followers[0].mail_new_posts = False
    followers[0].save()
    followers[1].delete()
    work()
    assert [mail.to for mail in mailoutbox] == [["r2@example.com"]]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_who_does_not_want_to_hear_of_the_author_gets_nothing(when, alice, followers, mailoutbox):
    def part():
        followers[0].mutes.add(alice)
        followers[1].blocks.add(alice)
        alice.blocks.add(followers[2])

    if when == "before":
        part()
    published(alice)
    if when == "meanwhile":
        jobs.announce_post(str(Task.objects.get().pk))
        part()
    work()
    assert not mailoutbox


def test_a_post_deleted_meanwhile_is_not_mailed(alice, followers, mailoutbox):
    published(alice).delete()
    work()
    assert not mailoutbox


def test_nobody_is_told_of_who_is_no_more(alice, followers, mailoutbox):
    Post(author=alice, body="spam").publish()
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    work()
    assert not mailoutbox


def test_many_mails_are_spread_so_that_other_work_goes_on(alice, django_user_model):
    people = django_user_model.objects.bulk_create(
        django_user_model(username=f"p{n}", email=f"p{n}@example.com", mail_new_posts=True)
        for n in range(jobs.CHUNK + 100)
    )
    alice.followers.add(*people)
    published(alice)
    begun = timezone.now()
    jobs.announce_post(str(Task.objects.get().pk))
    mails = Task.objects.filter(job="blog.jobs.mail_new_post")
    assert mails.count() == len(people)
    soon = mails.filter(not_before__lte=begun + timedelta(seconds=5))
    assert soon.count() <= 5 * jobs.PER_SECOND + jobs.PER_SECOND
    assert not mails.exclude(dispatched_at=None).exists()


def test_they_make_no_alerts(alice, followers):
    published(alice)
    work()
    assert not Task.objects.exclude(owner=None).exists()


def test_a_post_in_the_browser_is_announced(alices, alice, followers):
    alices.post("/", {"body": "hello"})
    assert Task.objects.get().job == "blog.jobs.announce_post"
