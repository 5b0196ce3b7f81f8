"""How many exports a person may have."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from exports import jobs
from exports.models import Export
from exports.models.allowance import Allowance
from exports.refusals import UsedUp
from tasks.models import State, Task

DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def two(settings):
    settings.EXPORT_ALLOWANCE = 2


def had(owner, ago=timedelta()) -> Export:
    """One that was published so long ago."""
    at = timezone.now() - ago
    return Export.objects.create(owner=owner, published_at=at, total=3, count=3)


@pytest.fixture
def used_up(alice):
    """When Alice may have the next one."""
    first = had(alice, timedelta(hours=5))
    had(alice, timedelta(hours=1))
    return first.published_at + DAY


class TestAllowance:
    def test_all_are_left_to_who_had_none(self, alice):
        assert Allowance.of(alice) == Allowance(most=2, left=2)

    def test_what_was_published_counts_for_a_day(self, alice):
        had(alice, DAY)
        had(alice, DAY - timedelta(minutes=1))
        assert Allowance.of(alice) == Allowance(most=2, left=1)

    def test_the_next_one_is_allowed_a_day_after_the_first_of_the_last(self, alice, used_up):
        assert Allowance.of(alice) == Allowance(most=2, left=0, next_at=used_up)

    def test_a_smaller_allowance_counts_from_the_latest(self, alice, used_up, settings):
        settings.EXPORT_ALLOWANCE = 1
        latest = Export.objects.latest("published_at")
        assert Allowance.of(alice).next_at == latest.published_at + DAY

    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
    def test_what_was_not_published_does_not_count(self, alice, state):
        for _ in range(3):
            Export.objects.start(alice)
            Task.objects.update(state=state)
        assert Allowance.of(alice).left == 2

    def test_a_deleted_file_counts(self, export):
        jobs.export_posts(str(export.task_id))
        Export.objects.update(file="", removed_at=timezone.now())
        assert Allowance.of(export.owner).left == 1

    def test_what_others_have_does_not_count(self, bob, used_up):
        assert Allowance.of(bob).left == 2

    def test_none_is_without_limit(self, alice, used_up, settings, django_assert_num_queries):
        settings.EXPORT_ALLOWANCE = 0
        with django_assert_num_queries(0):
            assert Allowance.of(alice).next_at is None


class TestStart:
    def test_what_is_used_up_starts_nothing(self, alice, used_up):
        with pytest.raises(UsedUp) as refused:
            Export.objects.start(alice)
        assert refused.value.next_at == used_up
        assert not Task.objects.exists()
        assert Export.objects.count() == 2

    def test_one_that_is_under_way_is_given_all_the_same(self, alice, export):
        had(alice)
        had(alice)
        assert Export.objects.start(alice) == (export, False)

    def test_the_operator_s_is_not_limited(self, alice, used_up, tmp_path):
        call_command("export", "alice", to=tmp_path / "mine.zip")
        assert (tmp_path / "mine.zip").exists()


class TestRetry:
    @pytest.fixture
    def failed(self, export, used_up):
        Task.objects.update(state=State.FAILED)
        return export

    def test_it_counts_as_one_more(self, failed):
        with pytest.raises(UsedUp):
            failed.retry()
        assert Task.objects.get() == Export.objects.get(pk=failed.pk).task

    def test_of_one_that_has_only_to_be_mailed_it_is_always_allowed(self, failed):
        failed.file = "there/it.json"
        assert failed.retry()

    def test_the_page_says_why_not(self, alices, failed):
        answer = alices.post(f"/exports/{failed.pk}/retry/", follow=True)
        assert answer.redirect_chain[0][0] == f"/exports/{failed.pk}/"
        assert b"You have used up your exports" in answer.content


class TestPages:
    def test_they_say_how_many_are_left(self, alices, alice):
        had(alice)
        assert "2 exports in 24 hours; 1 left." in alices.get("/exports/").content.decode()

    def test_without_a_limit_none_is_spoken_of(self, alices, settings):
        settings.EXPORT_ALLOWANCE = 0
        assert b"24 hours" not in alices.get("/exports/").content

    @pytest.mark.parametrize("address", ["/exports/", "/@alice/"])
    def test_the_button_is_off_and_the_next_one_in_the_reader_s_zone(
        self, address, alices, alice, used_up
    ):
        alice.time_zone = "Asia/Taipei"
        alice.save()
        page = alices.get(address).content.decode()
        assert 'disabled aria-describedby="allowance"' in page
        assert "The next one is allowed:" in page
        assert f'datetime="{used_up.astimezone(alice.zone).isoformat()}"' in page

    def test_a_start_all_the_same_is_refused_and_loses_nothing(self, alices, used_up):
        said = {"contents": "archive", "since": "2026-01-02", "attach": "False"}
        answer = alices.post("/exports/", said)
        page = answer.content.decode()
        assert "You have used up your exports" in page
        for kept in ('value="archive" selected', 'value="2026-01-02"', 'value="False" selected'):
            assert kept in page
        assert not Task.objects.exists()
