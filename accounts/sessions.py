"""Django's sessions in the database (SESSION_ENGINE). Every page and every poll asks for one, so
that question is composed once."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField
from django.db.models.functions import Now

from tasks.statements import Given, Select

KEY = Given("key", CharField())
DATA = Select(
    lambda: Session.objects.filter(session_key=KEY, expire_date__gt=Now()).values_list(
        "session_data"
    )
)


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        return Session

    def load(self):
        key = self.session_key or ""
        found = None if "\0" in key else DATA.one(key=key)  # PostgreSQL can't be asked for NUL
        if found is None:
            self._session_key = None
            return {}
        return self.decode(*found)
