import json
import unicodedata
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from blog.management.commands.demo import POSTS, Command
from blog.models import Post

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
    assert "alice, bob, charlie and admin" in said
    assert f"{Post.objects.count()} posts" in said
    assert dict(User.objects.values_list("username", "language")) == {
        "alice": "en",
        "bob": "es",
        "charlie": "zh-hant",
        "admin": "en",
    }
    assert User.objects.get(username="alice").posts.count() >= 40
    assert User.objects.get(username="bob").posts.count() >= 15
    assert User.objects.get(username="charlie").posts.count() >= 15


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


def test_a_second_run_changes_nothing():
    demo()
    before = list(Post.objects.order_by("pk").values()), list(User.objects.order_by("pk").values())
    assert "nothing to do" in demo()
    after = list(Post.objects.order_by("pk").values()), list(User.objects.order_by("pk").values())
    assert after == before


def test_deleted_posts_stay_deleted():
    demo()
    User.objects.get(username="alice").posts.newest_first().first().delete()
    left = Post.objects.count()
    demo()
    assert Post.objects.count() == left


def test_a_person_who_is_missing_is_created_again_with_their_posts_only():
    demo()
    User.objects.get(username="bob").delete()
    assert "Created bob with" in demo()
    assert Post.objects.values("body").distinct().count() == Post.objects.count()


@pytest.mark.parametrize("taken", [{"username": "ALICE"}, {"email": "Alice@Example.com"}])
def test_somebody_else_with_that_name_or_address_is_left_alone(taken):
    other = User.objects.create_user(**({"username": "other"} | taken))
    assert "bob, charlie and admin" in demo()
    assert not other.posts.exists()
    assert User.objects.count() == 4


def test_if_empty_does_nothing_when_anybody_is_registered():
    User.objects.create_user("dora")
    assert "nothing to do" in demo("--if-empty")
    assert User.objects.count() == 1


def test_if_empty_creates_them_on_an_empty_site():
    demo("--if-empty")
    assert User.objects.count() == 4


def test_its_help_says_what_it_does():
    assert "alice, bob and charlie" in Command().create_parser("manage.py", "demo").format_help()


def test_it_is_refused_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        demo()
    assert not User.objects.exists()
