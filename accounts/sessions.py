"""Django's sessions in the database (SESSION_ENGINE), with whose they are. Every page and every
poll asks for one, so that question is composed once."""

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
        return self.decode(self.row.session_data)

    def create(self):
        super().create()
        self.row = None

    def create_model_instance(self, data):
        """One that has got another key, for safety, began when it did."""
        row = super().create_model_instance(data)
        row.owner_id = data.get(SESSION_KEY)
        if self.row and str(self.row.owner_id) == row.owner_id:
            row.created_at = self.row.created_at
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
