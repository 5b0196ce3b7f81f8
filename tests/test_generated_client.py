"""A client that no one here wrote: made of the description by openapi-python-client, and used as it
is."""

import hashlib
import json
import os
import subprocess
import sys
from http import HTTPStatus
from importlib import import_module
from pathlib import Path

import pytest
from django.test import Client

from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PACKAGE = "microblog_client"
SUSAN = {"username": "susan", "password": "a horse with no name"}
TEXTS = ["When life gives you lemons, thank them. #lemons", "你好 🦜\nsecond line"]


@pytest.fixture(scope="module")
def description():
    return Client().get("/api/schema/").json()


@pytest.fixture(scope="module")
def package(description, tmp_path_factory):
    """The folder of the client, which can be imported. What the generator can't make a part of it
    is a failure."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "schema.json").write_text(json.dumps(description))
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    made = subprocess.run(
        [*generate, "--path", "schema.json", "--meta", "none", "--output-path", PACKAGE],
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder / PACKAGE


def test_every_operation_is_in_it(description, package):
    operations = {
        (operation["tags"][0], operation["operationId"])
        for methods in description["paths"].values()
        for operation in methods.values()
    }
    made = {
        (path.parent.name, path.stem)
        for path in (package / "api").glob("*/*.py")
        if path.stem != "__init__"
    }
    assert len(operations) > 80
    assert made == operations


def test_it_writes_exports_and_downloads(site, package, start_qcluster):
    url, _workers = site
    client, models = import_module(PACKAGE), import_module(f"{PACKAGE}.models")

    def call(operation, by, *args, **kwargs):
        module = import_module(f"{PACKAGE}.api.{operation}")
        return module.sync_detailed(*args, client=by, **kwargs)

    with client.Client(base_url=url) as visitor:
        registered = call("users.v1_users_create", visitor, body=models.V1NewUserRequest(**SUSAN))
        assert isinstance(registered.parsed, models.V1User)
        wanted = models.NewTokenRequest(**SUSAN, name="Client", scopes=list(models.Scope))
        token = call("tokens.tokens_create", visitor, body=wanted)
        assert isinstance(token.parsed, models.IssuedToken)

    with client.AuthenticatedClient(base_url=url, token=token.parsed.token) as susan:
        for text in TEXTS:
            post = call("posts.posts_create", susan, body=models.NewPostRequest(body=text))
            assert (post.status_code, post.parsed.body) == (HTTPStatus.CREATED, text)
            assert isinstance(post.parsed, models.Post)
            assert isinstance(post.parsed.author, models.Person)

        refused = call("posts.posts_create", susan, body=models.NewPostRequest(body=""))
        assert isinstance(refused.parsed, models.Problem)
        assert "body" in refused.parsed.errors

        def poll():
            """The export, once it is not under way any more."""
            answer = call("exports.exports_one", susan, begun.parsed.id)
            assert isinstance(answer.parsed, models.Export)
            return None if "Retry-After" in answer.headers else answer

        with start_qcluster():
            begun = call("exports.exports_create", susan, body=models.NewExportRequest())
            assert begun.status_code == HTTPStatus.ACCEPTED
            assert isinstance(begun.parsed, models.Export)
            assert isinstance(begun.parsed.task, models.Task)
            done = wait_for(poll)

        assert (done.parsed.state, done.parsed.count) == (models.TaskState.SUCCEEDED, len(TEXTS))
        known = done.headers["ETag"]
        still = call("exports.exports_one", susan, begun.parsed.id, if_none_match=known)
        assert (still.status_code, still.parsed) == (HTTPStatus.NOT_MODIFIED, None)

        content = call("exports.exports_download", susan, begun.parsed.id).parsed.payload.read()
    assert hashlib.sha256(content).hexdigest() == done.parsed.sha256
    assert [post["body"] for post in json.loads(content)["posts"]] == TEXTS
