"""Django's sessions in the database (SESSION_ENGINE), with whose they are. Every page and every
poll asks for one, so that question is composed once."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import CharField
from django.db.models.functions import Now
from django.utils import timezone

from tasks.statements import Given, Select

from . import browsers
from .models import Session
from .models.people import SEEN_EVERY

KEY = Given("key", CharField())
FOUND = Select(lambda: Session.objects.filter(session_key=KEY, expire_date__gt=Now()))


class SessionStore(db.SessionStore):
    row = None  # as it was found
    began = None  # by whom, and when

    @classmethod
    def get_model_class(cls):
        return Session

    def load(self):
        key = self.session_key or ""
        # PostgreSQL can't be asked for NUL.
        self.row = None if "\0" in key else FOUND.first(key=key)
        if self.row is None:
            self._session_key = None
            return {}
        self.began = str(self.row.owner_id), self.row.created_at
        return self.decode(self.row.session_data)

    def create(self):
        super().create()
        self.row = None

    def create_model_instance(self, data):
        """One that has got another key, for safety, began when it did. Whatever is written in it,
        it ends a month after the sign-in: who has stolen it does not keep it alive."""
        row = super().create_model_instance(data)
        row.owner_id = data.get(SESSION_KEY)
        if self.began and self.began[0] == row.owner_id:
            row.created_at = self.began[1]
        self.began = row.owner_id, row.created_at
        longest = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        row.expire_date = min(row.expire_date, row.created_at + longest)
        return row

    def see(self, request):
        """Note that it is used, and from where, unless it was noted a moment ago: not each request
        is worth a write."""
        now = timezone.now()
        if self.row is None or now - self.row.seen_at > SEEN_EVERY:
            Session.objects.filter(session_key=self.session_key).update(
                seen_at=now,
                address=request.address,
                user_agent=browsers.user_agent(request),
            )
