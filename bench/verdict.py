"""What became of each export of a bench: lost, doubled or wrong, or as it should be.

lost      it has not succeeded, or nothing was mailed
doubled   more mails than tasks (one, and one for each Retry) and the resends counted on their
          attempts, or not all under one Message-ID
wrong     the file, or what is attached, is not byte by byte what it is to be, or not the person's
          posts; or the row's count, size or SHA-256 are not the file's; or its folder holds another
          file too

It needs Django to be set up.
"""

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path

FAULTS = "lost", "doubled", "wrong"


def judge(sink, fetch):
    """The faults, as (what, export, why), and the number of resends. `sink`: where the mails are;
    `fetch(export)`: the file as somebody else has it, who must have the same bytes."""
    from django.db.models import Sum

    from exports.models import Export
    from tasks.models import Task

    mails = defaultdict(list)
    while not sink.mails.empty():
        mail = sink.mails.get()
        mails[mail["To"]].append(mail)
    sink.delay = 0
    tasks, resends = Counter(), Counter()
    for task in Task.objects.filter(args__has_key="export").annotate(
        resends=Sum("attempts__resends", default=0)
    ):
        tasks[task.args["export"]] += 1
        resends[task.args["export"]] += task.resends
    faults = [
        (what, export, why)
        for export in Export.objects.select_related("task", "owner")
        for what, why in _find_faults(
            export,
            mails[export.owner.email],
            tasks[str(export.pk)] + resends[str(export.pk)],
            fetch,
        )
    ]
    return faults, resends.total()


def tell(faults):
    """Print them; the exports of each kind."""
    for what, export, why in faults:
        print(f"{what}: export {export.pk} of {export.owner}: {why}")
        for attempt in export.task.attempts.all():
            print(
                f"    {attempt.number}. {attempt.started_at} - {attempt.ended_at}"
                f" {attempt.worker} {attempt.outcome} resends={attempt.resends}"
                f" {attempt.traceback.strip().rpartition(chr(10))[2]}"
            )
    return {what: {export for each, export, _ in faults if each == what} for what in FAULTS}


def _find_faults(export, mails, allowed, fetch):
    """(Kind, why) of each. `allowed`: how many mails there may be."""
    task = export.task
    if task.state != "succeeded":
        yield "lost", f"{task.state} {task.reason} after {task.attempt} attempts"
    elif not mails:
        yield "lost", "succeeded, but nothing was mailed"
    if len(mails) > allowed:
        yield "doubled", f"{len(mails)} mails, {allowed} allowed"
    if len({mail["Message-ID"] for mail in mails}) > 1:
        yield "doubled", "under several Message-IDs"
    if task.is_active or not export.file:
        return
    files = export.file.storage.listdir(export.folder)[1]
    if files != [Path(export.file.name).name]:
        yield "wrong", f"its folder holds {files}"
    with export.file.open() as file:
        content = file.read()
    for mail in mails:
        attached = [each.get_content() for each in mail.iter_attachments()]
        if attached != [content]:
            yield "wrong", "what is attached is not the file"
    if export.size != len(content) or export.sha256 != hashlib.sha256(content).hexdigest():
        yield "wrong", "the row's size or SHA-256 is not that of the file"
    posts = [_as_item(each) for each in export.owner.posts.order_by("timestamp", "id")]
    if json.loads(content) != {"posts": posts}:
        yield "wrong", "the file is not the person's posts"
    if export.count != len(posts):
        yield "wrong", f"the row counts {export.count} of {len(posts)} posts"
    if fetch(export) != content:
        yield "wrong", f"{fetch.__name__}() has other bytes"


def _as_item(post):
    from django.conf import settings

    item = {"body": post.body, "timestamp": post.timestamp.isoformat().replace("+00:00", "Z")}
    item |= {"id": post.pk, "url": f"{settings.SITE_URL}/posts/{post.pk}/"}
    return item | ({"title": post.title} if post.title else {})
