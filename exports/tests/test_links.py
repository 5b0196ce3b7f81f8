import time

import pytest
from django.core.signing import BadSignature, SignatureExpired

from exports import links


@pytest.fixture
def linked(export):
    export.file = f"{export.folder}/1"
    return export


def key(export):
    address, _, key = links.make(export).partition("?key=")
    assert address == f"/exports/{export.pk}/file/"
    return key


def test_a_link_holds_for_the_time_that_is_set(linked, settings, monkeypatch):
    settings.EXPORT_LINK_SECONDS = 60
    now = time.time()
    made = key(linked)
    monkeypatch.setattr(time, "time", lambda: now + 59)
    links.check(linked, made)
    monkeypatch.setattr(time, "time", lambda: now + 62)
    with pytest.raises(SignatureExpired):
        links.check(linked, made)


def test_it_is_for_one_person(linked, bob):
    made = key(linked)
    linked.owner = bob
    with pytest.raises(BadSignature):
        links.check(linked, made)


def test_it_is_for_one_file(linked):
    made = key(linked)
    linked.file = f"{linked.folder}/2"
    with pytest.raises(BadSignature):
        links.check(linked, made)


def test_what_was_sealed_for_more_is_not_good_for_less(linked):
    longer = type(linked)(pk=linked.pk, owner=linked.owner, file=f"{linked.file.name}.x")
    with pytest.raises(BadSignature):
        links.check(linked, f"x.{key(longer)}")


@pytest.mark.parametrize(
    "change", [str.upper, lambda key: key[:-1], lambda key: "", lambda key: "é"]
)
def test_a_forged_one_is_none(linked, change):
    with pytest.raises(BadSignature):
        links.check(linked, change(key(linked)))


def test_it_outlives_a_change_of_the_secret(linked, settings):
    made = key(linked)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    links.check(linked, made)
