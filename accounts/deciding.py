"""What admins decide about people and what they say: actions of the admin that ask first, on a page
of their own, and that are written down."""

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tasks.registry import Refused

MOST = 100  # rows that are decided about at once


class Deciding:
    """A ModelAdmin that offers some of its actions on the page of a row, too."""

    change_form_template = "admin/deciding.html"

    def get_decisions(self, row) -> set[str]:
        """The names of the actions that make sense for the row as it is now."""
        raise NotImplementedError

    def get_standing(self, row) -> str:
        """What has been decided about it, if that is to be seen first."""
        return ""

    def label(self, row) -> str:
        """What the row is called where it is asked about."""
        return str(row)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["standing"] = self.get_standing(obj)
            permitted = self.get_actions(request).items()
            offered = self.get_decisions(obj)
            context["decisions"] = [
                (name, words) for name, (_act, _name, words) in permitted if name in offered
            ]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def decide(self, request, rows, act, *, form, title, log):
        """Ask with `form`, then `act(row, **what it has)` for each of the rows. What was done is
        logged as `log(row, **what it has)` says: (rows, words). act() returns False where it left
        a row as it was, or raises Refused."""
        rows = list(rows[: MOST + 1])
        if len(rows) > MOST:
            words = _("At most %(most)d at once, please.") % {"most": MOST}
            return self.message_user(request, words, messages.ERROR)
        filled_in = form(request.POST if "decided" in request.POST else None)
        if not filled_in.is_valid():
            return self._ask(request, rows, filled_in, title)
        given = filled_in.cleaned_data
        done = [row for row in rows if self._decide_one(request, row, act, given, log)]
        if done:
            self.message_user(request, _("Done: %(done)d.") % {"done": len(done)})
        if left := len(rows) - len(done):
            words = _("Left as it was, decided or gone meanwhile: %(left)d.") % {"left": left}
            self.message_user(request, words, messages.WARNING)
        return redirect(_address(rows[0])) if rows and "from_page" in request.POST else None

    def _decide_one(self, request, row, act, given, log):
        try:
            with transaction.atomic():
                if not act(row, **given):
                    return False
                for about, words in log(row, **given):
                    self.log_change(request, about, words)
                return True
        except Refused as refusal:
            self.message_user(request, f"{row}: {refusal.words}", messages.ERROR)
            return False

    def _ask(self, request, rows, form, title):
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "rows": [(row.pk, self.label(row), _address(row)) for row in rows],
            "action": request.POST["action"],
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "from_page": "from_page" in request.POST,
        }
        return TemplateResponse(request, "admin/decide.html", context)


def _address(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
