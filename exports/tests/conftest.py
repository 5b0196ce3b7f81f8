import socket
from contextlib import contextmanager

import pytest
from django.db import connection

from blog.models import Post
from exports import archive, jobs
from exports.models import Export
from tasks import lifecycle
from tasks.runner import Run

from .receiver import NAME, Receiver, make_certificate


def written(name, content: bytes) -> str:
    """A file of this content in the storage of archives."""
    with archive.new_file(name, lambda file: file.write(content)) as name:
        return name


def content(export) -> bytes:
    """The bytes of the export's file."""
    with export.file.open() as file:
        return file.read()


@pytest.fixture
def export(alice):
    """An export of Alice's three posts that no worker has begun."""
    for number in range(3):
        Post.objects.create(author=alice, body=f"post {number}")
    return Export.objects.start(alice)[0]


@contextmanager
def ending_meanwhile(export):
    """Its worker ends right after the first query that is about exports."""
    asked = []

    def execute_and_end(execute, sql, *args):
        answer = execute(sql, *args)
        if '"exports_export"' in sql:
            asked.append(sql)
            if len(asked) == 1:
                jobs.export_posts(str(export.task_id))
        return answer

    with connection.execute_wrapper(execute_and_end):
        yield
    assert len(asked) > 1


@pytest.fixture
def run(export):
    """The attempt of a worker that has just claimed the export's task."""
    return Run(lifecycle.claim(export.task.job, export.task.pk))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("receiver"))


@pytest.fixture
def receiver(certificate, names, settings):
    """A server that webhooks may call, by its NAME and by its address."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.WEBHOOK_CA_FILE = str(certificate)
    with Receiver(certificate) as receiver:
        yield receiver


@pytest.fixture
def names(monkeypatch):
    """What names resolve to, one list after the other; and how often they were asked for."""

    class Names(dict):
        asked = ()

    names = Names({NAME: [["127.0.0.1"]]})
    getaddrinfo = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host in names:
            names.asked = (*names.asked, host)
            ips = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
            if not ips:
                raise socket.gaierror(socket.EAI_NONAME, "not known")
            return [info for ip in ips for info in getaddrinfo(ip, port, type=socket.SOCK_STREAM)]
        is_literal = host[:1].isdigit() or ":" in host
        assert is_literal or host == "localhost", f"{host} would be looked for in the world"
        return getaddrinfo(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names
