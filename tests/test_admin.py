import pytest
from django.contrib.admin.models import LogEntry
from django.utils import translation
from django.utils.translation import pgettext

from blog.models import Post
from exports import archive
from exports.models import Export, Webhook
from exports.tests.conftest import written
from microblog.templatetags.logged import DONE, logged
from tasks.acting import CANCEL, RETRY
from tasks.models import Attempt


@pytest.fixture
def export(alice):
    return Export.objects.start(alice)[0]


def pages(export):
    post = Post.objects.create(author=export.owner, body="mine")
    return [
        f"/admin/blog/post/{post.pk}/change/",
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        f"/admin/accounts/user/{export.owner.pk}/change/",
        "/admin/blog/post/",
        "/admin/exports/export/",
        "/admin/exports/schedule/",
        f"/admin/exports/export/{export.pk}/change/",
        "/admin/tasks/task/",
        "/admin/tasks/task/board/",
        f"/admin/tasks/task/{export.task.pk}/change/",
    ]


def test_there_is_one_place_for_slow_work(admin_client):
    assert "django_q" not in admin_client.get("/admin/").text
    assert admin_client.get("/admin/django_q/schedule/").status_code == 404


def test_every_page_works(admin_client, export):
    for address in pages(export):
        assert admin_client.get(address).status_code == 200, address


def test_nobody_writes_in_another_s_name(admin_client, alice):
    post = Post.objects.create(author=alice, body="mine")
    change = f"/admin/blog/post/{post.pk}/change/"
    assert admin_client.post(change, {"body": "not mine"}).status_code == 403
    assert admin_client.get("/admin/blog/post/add/").status_code == 403


def test_attempts_and_their_tracebacks_are_shown(admin_client, export):
    Attempt.objects.create(task=export.task, number=1, worker="host:1", traceback="Trace of 1/0")
    page = admin_client.get(f"/admin/tasks/task/{export.task.pk}/change/").content
    assert b"Trace of 1/0" in page


def test_what_is_cancelled_leaves_nothing_half_written(
    admin_client, export, django_capture_on_commit_callbacks
):
    left = written(f"{export.folder}/half.json", b"half")
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"/admin/tasks/task/{export.task.pk}/cancel/")
    export.task.refresh_from_db()
    assert export.task.state == "cancelled"
    assert not archive.storage().exists(left)


@pytest.mark.parametrize("model", ["tasks/task", "exports/export"])
def test_what_the_engine_writes_is_read_only(admin_client, export, model):
    pk = export.pk if model == "exports/export" else export.task.pk
    assert admin_client.get(f"/admin/{model}/add/").status_code == 403
    assert admin_client.post(f"/admin/{model}/{pk}/change/", {}).status_code == 403
    assert admin_client.post(f"/admin/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_person_can_be_deleted_with_their_exports(admin_client, export):
    url = f"/admin/accounts/user/{export.owner.pk}/delete/"
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert not Export.objects.exists()


def test_the_file_of_an_export_is_not_shown(admin_client, export):
    Export.objects.update(file="secret-name.json")
    page = admin_client.get(f"/admin/exports/export/{export.pk}/change/").content
    assert b"secret-name" not in page


def test_pictures_can_be_removed(admin_client, alice):
    alice.change_avatar(b"a picture")
    form = {"action": "remove_pictures", "_selected_action": [alice.pk]}
    admin_client.post("/admin/accounts/user/", form)
    alice.refresh_from_db()
    assert not alice.avatar


def test_webhooks_are_shown_without_what_is_secret(admin_client, alice):
    webhook = Webhook.objects.register(
        alice, "https://hooks.example/secret-path", ["export.failed"]
    )
    delivery = webhook.ping()
    for model, pk in (("webhook", webhook.pk), ("delivery", delivery.pk)):
        for path in ("", f"{pk}/change/"):
            answer = admin_client.get(f"/admin/exports/{model}/{path}")
            assert answer.status_code == 200
            assert webhook.secret not in answer.text
            assert "secret-path" not in answer.text
        assert admin_client.post(f"/admin/exports/{model}/{pk}/change/", {}).status_code == 403
        assert admin_client.get(f"/admin/exports/{model}/add/").status_code == 403
    assert "hooks.example" in admin_client.get("/admin/exports/webhook/").text


def test_the_log_is_read_in_the_language_of_the_reader(admin_client, export):
    admin_client.post(f"/admin/tasks/task/{export.task.pk}/cancel/")
    history = f"/admin/tasks/task/{export.task.pk}/history/"
    assert "<td>cancelled</td>" in admin_client.get(history).content.decode()
    entry = LogEntry.objects.get()
    assert entry.change_message == "cancelled"
    with translation.override("es"):
        assert logged(entry) == pgettext("log", "cancelled")


def test_what_was_said_with_it_is_kept_as_it_was():
    entry = LogEntry(change_message="hidden: it is: spam")
    assert logged(entry).endswith(": it is: spam")
    assert logged(LogEntry(change_message="as others write")) == "as others write"


def test_what_operators_do_to_tasks_can_be_read_in_each_language():
    assert {CANCEL.noted, RETRY.noted} <= DONE.keys()
