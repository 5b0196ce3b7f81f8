"""What comes by itself."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from blog.models import Notification
from exports import archive, jobs
from exports.models import Download, Export, Schedule
from exports.models import schedules as module
from exports.refusals import NoRoom, NotNow
from tasks.models import State, Task

WEEK = timedelta(weeks=1)


@pytest.fixture
def weekly(alice):
    return Schedule.objects.plan(alice, every="week", contents="posts.ndjson", attach=False)


def come(schedule, ago=timedelta()):
    """Let its time have come so long ago."""
    Schedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now() - ago)


def made(schedule, **changes) -> Export:
    """The export that it makes now, worked off; then changed."""
    come(schedule)
    assert Schedule.objects.start_due() == 1
    export = Export.objects.latest("created_at")
    jobs.export_posts(str(export.task_id))
    Export.objects.filter(pk=export.pk).update(attached=False)
    Export.objects.filter(pk=export.pk).update(**changes)
    return export


class TestTimes:
    def times(self, every, begun, number, zone="UTC"):
        owner = User(time_zone=zone)
        schedule = Schedule(owner=owner, every=every, created_at=begun)
        moment = begun
        for _ in range(number):
            moment = schedule.following(moment.astimezone(UTC))
            yield moment

    def test_each_week(self):
        begun = datetime(2026, 1, 1, 9, tzinfo=UTC)
        days = [time.day for time in self.times("week", begun, 3)]
        assert days == [8, 15, 22]

    def test_a_month_without_the_day_has_it_on_its_last_one(self):
        begun = datetime(2027, 1, 31, 9, tzinfo=UTC)
        days = [(time.month, time.day) for time in self.times("month", begun, 4)]
        assert days == [(2, 28), (3, 31), (4, 30), (5, 31)]

    def test_in_a_leap_year_and_past_its_end(self):
        begun = datetime(2027, 12, 31, 9, tzinfo=UTC)
        days = [(time.year, time.month, time.day) for time in self.times("month", begun, 2)]
        assert days == [(2028, 1, 31), (2028, 2, 29)]

    @pytest.mark.parametrize(("every", "month"), [("week", 3), ("month", 2)])
    def test_it_is_the_same_hour_where_the_owner_is(self, every, month):
        begun = datetime(2026, month, 20, 8, tzinfo=UTC)  # 9 in Madrid; summer begins on 29 March
        later = list(self.times(every, begun, 4, "Europe/Madrid"))
        assert {time.hour for time in later} == {9}
        assert {time.astimezone(UTC).hour for time in later} == {7, 8}

    def test_the_month_is_the_one_where_the_owner_is(self):
        begun = datetime(2026, 1, 31, 20, tzinfo=UTC)  # February in Taipei
        (time,) = self.times("month", begun, 1, "Asia/Taipei")
        assert time.astimezone(UTC) == datetime(2026, 2, 28, 20, tzinfo=UTC)
        assert (time.month, time.day) == (3, 1)

    def test_what_was_missed_is_passed_over(self):
        begun = datetime(2026, 1, 1, 9, tzinfo=UTC)
        schedule = Schedule(owner=User(), every="week", created_at=begun)
        late = datetime(2026, 6, 1, 12, tzinfo=UTC)
        assert schedule.following(late) == datetime(2026, 6, 4, 9, tzinfo=UTC)


class TestPlan:
    def test_the_first_one_comes_after_a_period(self, weekly):
        weekly.refresh_from_db()
        assert weekly.next_at - weekly.created_at == WEEK
        assert not Schedule.objects.due()

    def test_other_contents_leave_the_time(self, weekly, alice):
        come(weekly, -timedelta(days=2))
        before = Schedule.objects.get()
        Schedule.objects.plan(alice, every="week", contents="archive", attach=True)
        after = Schedule.objects.get()
        assert (after.contents, after.attach) == ("archive", True)
        assert (after.next_at, after.created_at) == (before.next_at, before.created_at)

    def test_another_period_begins_now(self, weekly, alice):
        Schedule.objects.filter(pk=weekly.pk).update(created_at=timezone.now() - 3 * WEEK)
        Schedule.objects.plan(alice, every="month", contents="archive", attach=True)
        after = Schedule.objects.get()
        assert after.created_at > timezone.now() - timedelta(minutes=1)
        assert after.next_at > timezone.now() + timedelta(days=27)


class TestStartDue:
    def test_it_starts_what_was_chosen_and_moves_on(self, weekly, alice):
        come(weekly)
        assert Schedule.objects.start_due() == 1
        export = Export.objects.get()
        assert (export.owner, export.contents, export.attach) == (alice, "posts.ndjson", False)
        assert export.scheduled
        assert export.task.state == State.QUEUED
        assert Schedule.objects.get().next_at == weekly.created_at + WEEK

    def test_one_that_is_broken_holds_up_no_other(self, weekly, alice, bob, caplog):
        Schedule.objects.plan(bob, every="week", contents="posts.json", attach=True)
        Schedule.objects.update(next_at=timezone.now())
        Schedule.objects.filter(owner=alice).update(contents="gone")
        assert Schedule.objects.start_due() == 1
        assert Export.objects.get().owner == bob
        assert "could not begin" in caplog.text

    def test_what_is_not_due_waits(self, weekly):
        assert Schedule.objects.start_due() == 0
        assert not Export.objects.exists()

    def test_a_late_round_moves_nothing_away(self, weekly):
        begun = timezone.now() - 10 * WEEK - timedelta(hours=3)
        Schedule.objects.update(created_at=begun, next_at=begun + WEEK)
        assert Schedule.objects.start_due() == 1
        assert Schedule.objects.start_due() == 0
        assert Schedule.objects.get().next_at == begun + 11 * WEEK
        assert Export.objects.count() == 1

    def test_while_an_export_is_under_way_it_stays_due(self, weekly, alice):
        Export.objects.start(alice)
        come(weekly)
        assert Schedule.objects.start_due() == 0
        Task.objects.update(state=State.SUCCEEDED)
        assert Schedule.objects.start_due() == 1

    def test_one_that_began_a_moment_ago_leaves_it_due_too(self, weekly, alice):
        come(weekly)
        (due,) = Schedule.objects.due()
        Export.objects.start(alice)
        assert not due.run()
        assert Schedule.objects.get().is_due

    def test_when_the_allowance_is_used_up_it_stays_due(self, weekly, alice, settings):
        settings.EXPORT_ALLOWANCE = 1
        Export.objects.create(owner=alice, published_at=timezone.now())
        come(weekly)
        assert Schedule.objects.start_due() == 0
        assert Schedule.objects.get().is_due
        settings.EXPORT_ALLOWANCE = 2
        assert Schedule.objects.start_due() == 1

    def test_without_room_it_stays_due(self, weekly, monkeypatch):
        def refuse(*sizes):
            raise NoRoom("/a/folder", 0, 1)

        come(weekly)
        with monkeypatch.context() as patch:
            patch.setattr(archive, "ensure_room", refuse)
            assert Schedule.objects.start_due() == 0
        assert not Task.objects.exists()
        assert Schedule.objects.start_due() == 1

    def test_who_is_no_more_gets_none(self, weekly, alice):
        alice.is_active = False
        alice.save()
        come(weekly)
        assert Schedule.objects.start_due() == 0

    def test_a_second_round_at_once_starts_no_second_one(self, weekly):
        come(weekly)
        first, second = Schedule.objects.due().get(), Schedule.objects.due().get()
        assert first.run()
        Task.objects.update(state=State.SUCCEEDED)  # as soon as that
        assert not second.run()
        assert Export.objects.count() == 1

    def test_all_that_are_due_start_whatever_is_in_the_way_of_some(
        self, weekly, bob, monkeypatch, django_user_model
    ):
        monkeypatch.setattr(module, "CHUNK", 1)
        come(weekly)
        for person in bob, django_user_model.objects.create_user("carol"):
            come(Schedule.objects.plan(person, every="month", contents="archive", attach=True))
        had = [Export(owner=bob, published_at=timezone.now()) for _ in range(10)]
        Export.objects.bulk_create(had)
        assert Schedule.objects.start_due() == 2
        assert not Export.objects.filter(owner=bob, scheduled=True).exists()

    def test_who_presses_a_button_waits_for_nobody_s_schedule(self, weekly, bob):
        come(weekly)
        Schedule.objects.start_due()
        assert Export.objects.get().task.background
        assert not Export.objects.start(bob)[0].task.background

    def test_it_counts_for_the_allowance(self, weekly, alice, settings):
        settings.EXPORT_ALLOWANCE = 1
        made(weekly)
        with pytest.raises(NotNow):
            Export.objects.start(alice)


@pytest.mark.django_db(transaction=True)
def test_many_rounds_at_once_start_it_once(weekly):
    come(weekly)
    together, started = threading.Barrier(5), []

    def round():
        together.wait()
        started.append(Schedule.objects.start_due())
        connections.close_all()

    threads = [threading.Thread(target=round) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [0, 0, 0, 0, 1]
    assert Export.objects.count() == 1


class TestPause:
    def next_round(self, schedule):
        come(schedule)
        return Schedule.objects.start_due()

    def test_after_three_that_nobody_fetched(self, weekly, alice):
        for _ in range(3):
            made(weekly)
        assert self.next_round(weekly) == 0
        assert Schedule.objects.get().paused_at
        assert Export.objects.count() == 3
        told = Notification.objects.get(kind="exports_paused")
        assert (told.recipient, told.target_url) == (alice, "/exports/")
        assert self.next_round(weekly) == 0  # and it says so once
        assert Notification.objects.filter(kind="exports_paused").count() == 1

    @pytest.mark.parametrize("which", [0, 1, 2])
    def test_not_when_one_of_them_was_downloaded(self, which, weekly):
        exports = [made(weekly) for _ in range(3)]
        Download.objects.create(export=exports[which])
        assert self.next_round(weekly) == 1

    def test_not_when_one_of_them_came_with_its_mail(self, weekly):
        made(weekly, attached=True)
        made(weekly)
        made(weekly)
        assert self.next_round(weekly) == 1

    def test_one_that_was_fetched_earlier_does_not_help(self, weekly):
        Download.objects.create(export=made(weekly))
        for _ in range(3):
            made(weekly)
        assert self.next_round(weekly) == 0

    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
    def test_what_came_to_nothing_does_not_count(self, state, weekly):
        for _ in range(3):
            last = made(weekly)
        Task.objects.filter(pk=last.task_id).update(state=state)
        assert self.next_round(weekly) == 1

    def test_what_they_asked_for_themselves_does_not_count(self, weekly):
        for _ in range(3):
            made(weekly)
        Export.objects.filter(pk=Export.objects.latest("created_at").pk).update(scheduled=False)
        assert self.next_round(weekly) == 1

    def test_of_one_whose_task_is_gone_the_file_counts(self, weekly):
        for _ in range(3):
            made(weekly)
        Task.objects.all().delete()
        assert self.next_round(weekly) == 0

    def test_resumed_it_counts_anew_and_can_pause_again(self, weekly, alice):
        for _ in range(3):
            made(weekly)
        self.next_round(weekly)
        Notification.objects.update(read_at=timezone.now())
        Schedule.objects.get().resume()
        resumed = Schedule.objects.get()
        assert resumed.paused_at is None
        assert resumed.next_at == resumed.created_at + WEEK
        for _ in range(3):
            made(weekly)
        assert self.next_round(weekly) == 0
        assert alice.notifications.get(kind="exports_paused").read_at is None

    def test_planned_anew_it_goes_on(self, weekly, alice):
        for _ in range(3):
            made(weekly)
        self.next_round(weekly)
        Schedule.objects.plan(alice, every="week", contents="archive", attach=True)
        assert not Schedule.objects.get().paused_at
        assert self.next_round(weekly) == 1
