import json
import unicodedata
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Follow
from blog.management.commands.demo import POSTS, Command
from blog.models import Message, Notification, Post

User = get_user_model()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def debug(settings):
    settings.DEBUG = True


def demo(*arguments) -> str:
    """What the command says."""
    call_command("demo", *arguments, stdout=(stdout := StringIO()))
    return stdout.getvalue()


def test_it_creates_people_with_posts_in_their_languages():
    said = demo()
    assert "alice, bob, charlie, eleni, zoe and admin" in said
    assert f"{Post.objects.count()} posts" in said
    assert dict(User.objects.values_list("username", "language")) == {
        "alice": "en",
        "bob": "es",
        "charlie": "zh-hant",
        "eleni": "en",
        "zoe": "en",
        "admin": "en",
    }
    assert User.objects.get(username="alice").posts.count() >= 40
    assert User.objects.get(username="bob").posts.count() >= 15
    assert User.objects.get(username="charlie").posts.count() >= 15


def test_nobody_wrote_before_they_came():
    demo()
    for person in User.objects.filter(posts__isnull=False).distinct():
        assert person.date_joined < person.posts.earliest("timestamp").timestamp


def test_alice_can_sign_in_and_gets_mail():
    demo()
    alice = authenticate(username="alice", password="demo-password")
    assert alice.email == "alice@example.com"
    assert not alice.is_staff
    assert not alice.is_superuser


def test_admin_can_see_the_admin_and_wrote_nothing():
    demo()
    admin = authenticate(username="admin", password="demo-password")
    assert admin.is_staff
    assert admin.is_superuser
    assert not admin.posts.exists()


def test_every_post_is_valid_and_in_the_past():
    demo()
    for post in Post.objects.all():
        post.full_clean()
        assert post.timestamp < timezone.now()


def test_no_post_is_there_twice():
    demo()
    assert Post.objects.values("body").distinct().count() == Post.objects.count()


def test_the_texts_are_in_many_scripts():
    lines = POSTS.read_text(encoding="utf-8").splitlines()
    texts = "".join(json.loads(line)["body"] for line in lines)
    scripts = {unicodedata.name(character, "").split()[0] for character in texts if character > " "}
    assert {"LATIN", "CJK", "ARABIC", "HEBREW", "DEVANAGARI", "HIRAGANA", "GREEK"} <= scripts
    assert {"COMBINING", "ZERO"} <= scripts  # accents of their own, and joined emoji


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (User, Post, Message, Notification, Follow)
    ]


def test_a_second_run_changes_nothing():
    demo()
    before = everything()
    assert "nothing to do" in demo()
    assert everything() == before


def test_people_can_be_told_apart_from_their_user_names():
    demo()
    for person in User.objects.exclude(username="admin"):
        person.full_clean()
        assert person.display_name
        assert person.about


def test_people_follow_one_another_and_are_told_of_it():
    demo()
    alice = User.objects.get(username="alice")
    assert {person.username for person in alice.follows.all()} == {"bob", "charlie", "eleni", "zoe"}
    assert alice.followers.count() == 4
    assert alice.notifications.filter(kind="followed").count() == 4


def test_posts_are_answered():
    demo()
    answers = Post.objects.exclude(reply_to=None)
    assert answers.count() >= 10
    assert answers.values("author").distinct().count() == 5
    for answer in answers:
        assert answer.timestamp > answer.reply_to.timestamp
        assert answer.thread == (answer.reply_to.thread or answer.reply_to.pk)
    assert answers.filter(reply_to__reply_to__isnull=False).exists()  # and so are answers


def test_people_write_to_one_another_and_alice_has_not_read_all():
    demo()
    alice = User.objects.get(username="alice")
    assert alice.messages.unread().count() >= 2
    assert alice.messages.exclude(read_at=None).exists()
    for message in Message.objects.all():
        message.full_clean()
        assert message.sent_at < timezone.now()


def test_deleted_posts_stay_deleted():
    demo()
    User.objects.get(username="alice").posts.newest_first().first().delete()
    left = Post.objects.count()
    demo()
    assert Post.objects.count() == left


def test_a_person_who_is_missing_is_created_again_with_their_posts_only():
    demo()
    User.objects.get(username="bob").delete()
    others_follow = Follow.objects.filter(followed__username="bob")
    answers = Post.objects.exclude(reply_to=None).count()
    assert "Created bob with" in demo()
    assert Post.objects.values("body").distinct().count() == Post.objects.count()
    assert Message.objects.values("body").distinct().count() == Message.objects.count()
    assert Post.objects.exclude(reply_to=None).count() > answers  # what answers the others' posts
    assert not others_follow.exists()


@pytest.mark.parametrize("taken", [{"username": "ALICE"}, {"email": "Alice@Example.com"}])
def test_somebody_else_with_that_name_or_address_is_left_alone(taken):
    other = User.objects.create_user(**({"username": "other"} | taken))
    assert "Created bob, charlie, eleni, zoe and admin" in demo()
    assert not other.posts.exists()
    assert User.objects.count() == 6


def test_if_empty_does_nothing_when_anybody_is_registered():
    User.objects.create_user("dora")
    assert "nothing to do" in demo("--if-empty")
    assert User.objects.count() == 1


def test_if_empty_creates_them_on_an_empty_site():
    demo("--if-empty")
    assert User.objects.count() == 6


def test_its_help_says_what_it_does():
    assert (
        "alice, bob, charlie, eleni and zoe"
        in Command().create_parser("manage.py", "demo").format_help()
    )


def test_it_is_refused_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        demo()
    assert not User.objects.exists()
