"""What a download of a gigabyte costs the web workers, as they are started in production."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone

from exports import archive
from exports.models import Export

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SIZE = 1 << 30  # bytes
LIMIT = 50 << 20
ENDS = bytes(range(256)) * 16, bytes(reversed(range(256))) * 16


@pytest.fixture
def large(alice):
    """An export of Alice's with a sparse file, whose ends can be told."""
    export, _ = Export.objects.start(alice)
    path = Path(archive.storage().path(f"{export.folder}/1"))
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.write(ENDS[0])
        file.seek(SIZE - len(ENDS[1]))
        file.write(ENDS[1])
    export.file, export.size, export.sha256 = f"{export.folder}/1", SIZE, "0" * 64
    export.count = export.total = 0
    export.published_at = timezone.now()
    export.save()
    yield export
    archive.remove(export.folder)


class Peak:
    """How much memory the workers took on top of what they had, at most."""

    def __init__(self, workers):
        self.workers = workers
        for worker in workers:
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # the peak begins anew
        self.before = [self._peak(worker) for worker in workers]

    def _peak(self, worker):
        status = Path(f"/proc/{worker.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) << 10

    @property
    def growth(self):
        after = [self._peak(worker) for worker in self.workers]
        return max(now - then for now, then in zip(after, self.before, strict=True))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("", 0, SIZE - 1),
        ("bytes=1000-", 1_000, SIZE - 1),
        (f"bytes=1000-{SIZE - 1_001}", 1_000, SIZE - 1_001),
    ],
    ids=["whole", "resumed", "part"],
)
@pytest.mark.parametrize("at_once", [1, 3])
def test_a_gigabyte_takes_little_memory(large, site, alice, asked, first, last, at_once):
    url, workers = site
    client = Client()
    client.force_login(alice)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}

    def fetch(asked):
        """(its length, its first bytes, its last bytes)."""
        url_of_it, headers = (
            f"{url}/exports/{large.pk}/download/",
            {"Range": asked} if asked else {},
        )
        with requests.get(url_of_it, cookies=cookies, headers=headers, stream=True) as response:
            length, begin, end = 0, b"", b""
            for block in response.iter_content(1 << 20):
                length += len(block)
                begin, end = begin or block[:9], (end + block)[-9:]
            return length, begin, end

    for _ in range(8):  # what a worker loads at its first requests is not the download's
        fetch("bytes=0-0")
    peak = Peak(workers)
    with ThreadPoolExecutor(at_once) as pool:
        fetched = list(pool.map(fetch, [asked] * at_once))
    begin = ENDS[0][first : first + 9]
    end = ENDS[1][: len(ENDS[1]) - (SIZE - 1 - last)][-9:]
    assert fetched == [(last - first + 1, begin, end)] * at_once
    print(f"{at_once} at once, {asked or 'whole'}: {peak.growth / 1e6:.1f} MB more")
    assert peak.growth < LIMIT
