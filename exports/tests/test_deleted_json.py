import json

from exports.formats.deleted_json import DeletedJson

from .samples import DELETIONS, write


def test_it_is_one_document_of_ids_and_moments():
    document = json.loads(write(DeletedJson, DELETIONS))
    assert document["deleted"][0] == {"id": 0, "deleted": "2026-01-02T03:04:05Z"}
    assert len(document["deleted"]) == len(DELETIONS)


def test_of_nothing_it_is_a_whole_one_too():
    assert json.loads(write(DeletedJson, [])) == {"deleted": []}
