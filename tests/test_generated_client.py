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
import requests

from .conftest import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PACKAGE = "microblog_client"
SUSAN = {"username": "susan", "password": "a horse with no name"}
TEXTS = ["When life gives you lemons, thank them. #lemons", "你好 🦜\nsecond line"]


@pytest.fixture
def package(site, tmp_path, monkeypatch):
    """The folder of the client, which can be imported. What the generator can't make a part of it
    is a failure."""
    url, _workers = site
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    made = subprocess.run(
        [*generate, "--url", f"{url}/api/schema/", "--meta", "none", "--output-path", PACKAGE],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / PACKAGE
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_every_operation_is_in_it(site, package):
    url, _workers = site
    description = requests.get(f"{url}/api/schema/", timeout=30).json()
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

    def call(tag, operation, by, *args, **kwargs):
        return import_module(f"{PACKAGE}.api.{tag}.{operation}").sync_detailed(
            *args, client=by, **kwargs
        )

    visitor = client.Client(base_url=url)
    somebody = call("users", "v1_users_create", visitor, body=models.V1NewUserRequest(**SUSAN))
    assert isinstance(somebody.parsed, models.V1User)

    wanted = models.NewTokenRequest(**SUSAN, name="Client", scopes=list(models.Scope))
    token = call("tokens", "tokens_create", visitor, body=wanted)
    assert isinstance(token.parsed, models.IssuedToken)
    susan = client.AuthenticatedClient(base_url=url, token=token.parsed.token)

    for text in TEXTS:
        post = call("posts", "posts_create", susan, body=models.NewPostRequest(body=text))
        assert isinstance(post.parsed, models.Post)
        assert (post.status_code, post.parsed.body) == (HTTPStatus.CREATED, text)
        assert (post.parsed.author.username, post.parsed.edited_at) == ("susan", None)

    refused = call("posts", "posts_create", susan, body=models.NewPostRequest(body=""))
    assert isinstance(refused.parsed, models.Problem)
    assert "body" in refused.parsed.errors

    def poll():
        """The export, once it is not under way any more."""
        answer = call("exports", "exports_one", susan, begun.parsed.id)
        assert isinstance(answer.parsed, models.Export)
        return None if "Retry-After" in answer.headers else answer

    with start_qcluster():
        begun = call("exports", "exports_create", susan, body=models.NewExportRequest())
        assert begun.status_code == HTTPStatus.ACCEPTED
        assert isinstance(begun.parsed, models.Export)
        done = wait_for(poll)

    assert done.parsed.state == models.TaskState.SUCCEEDED
    etag = done.headers["ETag"]
    still = call("exports", "exports_one", susan, begun.parsed.id, if_none_match=etag)
    assert (still.status_code, still.parsed) == (HTTPStatus.NOT_MODIFIED, None)

    file = call("exports", "exports_download", susan, begun.parsed.id)
    content = file.parsed.payload.read()
    assert hashlib.sha256(content).hexdigest() == done.parsed.sha256
    assert [post["body"] for post in json.loads(content)["posts"]] == TEXTS
