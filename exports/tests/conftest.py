import pytest

from blog.models import Post
from exports import archive
from exports.models import Export
from tasks import lifecycle
from tasks.runner import Run


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


@pytest.fixture
def run(export):
    """The attempt of a worker that has just claimed the export's task."""
    return Run(lifecycle.claim(export.task.job, export.task.pk))
