"""Our sessions, each asked for as Django does it."""

from accounts import sessions


class SessionStore(sessions.SessionStore):
    def load(self):
        self.row = self._get_session_from_db()
        return self.decode(self.row.session_data) if self.row else {}
