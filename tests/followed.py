"""What holds in a copy of the house in which the README and CONTRIBUTING were followed; run there
by test_recipes.py."""

import pytest

from blog.models import Post
from exports import jobs
from exports.models import Export
from tasks.lifecycle import launch


def write(person, count):
    return Post.objects.add([Post(author=person, body=f"post {n}") for n in range(count)])


def test_a_page_has_ten_posts(client, alice):
    write(alice, 12)
    page = client.get("/explore/").content.decode()
    assert page.count("<article") == 10
    assert "Older posts" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Ending your mutes"),
        ("es", "Dejando de silenciar"),
        ("zh-hant", "解除你的靜音"),
    ],
)
def test_the_job_is_on_every_page_in_the_reader_s_language(alices, alice, language, words):
    alice.language = language
    alice.save()
    launch("accounts.jobs.end_mutes", key=str(alice.pk), owner=alice)
    assert words in alices.get("/explore/").content.decode()


def test_the_format_is_offered_and_its_file_is_right(alices, alice):
    write(alice, 2)
    assert 'value="posts.txt"' in alices.get("/exports/").content.decode()
    alices.post("/exports/", {"contents": "posts.txt"})
    export = Export.objects.get()
    jobs.export_posts(str(export.task_id))
    file = alices.get(f"{export.get_absolute_url()}download/", follow=True)
    assert b"".join(file) == b"post 0\n\f\npost 1\n\f\n"
    assert file["Content-Type"] == "text/plain; charset=utf-8"


def test_the_language_is_offered_and_shown(client, alice):
    page = client.get("/explore/", headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="fr"' in page
    assert ">Explorer<" in page
    client.force_login(alice)
    assert ">Français</option>" in client.get("/accounts/settings/").content.decode()
