"""Convert the three files in the folder named to ActivityStreams 1, and print what became of them:
for each file a list of [id, published, updated, content]. Runs where granary is installed."""

import json
import sys
from pathlib import Path

from granary import as2, atom, jsonfeed


def facts(activity):
    post = activity.get("object") or activity
    return [post.get(key, "") for key in ("id", "published", "updated", "content")]


folder = Path(sys.argv[1])
outbox = json.loads((folder / "outbox.json").read_bytes())["orderedItems"]
feed, _ = jsonfeed.jsonfeed_to_activities(json.loads((folder / "feed.json").read_bytes()))
entries = atom.atom_to_activities((folder / "feed.atom").read_bytes().decode())
read = {
    "outbox.json": [facts(as2.to_as1(activity)) for activity in outbox],
    "feed.json": [facts(activity) for activity in feed],
    "feed.atom": [facts(activity) for activity in entries],
}
print(json.dumps(read))
