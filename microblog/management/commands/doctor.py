"""What is wrong, and what to do: for who runs the site."""

import json
import sys

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.lists import listed
from microblog.doctor import TITLES, examine
from microblog.doctor.findings import State


class Command(BaseCommand):
    requires_system_checks = []  # it looks at them itself, and goes on

    @property
    def help(self):
        return _(
            "Looks at the configuration, versions, database, Redis, queue, disks, mail and clocks,"
            " and says what is wrong and what to do. Its status is 0 if nothing is."
        )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("For programs."))
        parser.add_argument("--mail-to", default="", help=_("Send a mail to this address, too."))

    def handle(self, *, as_json, mail_to, **options):
        found = examine(mail_to)
        count = self.say_json(list(found)) if as_json else self.say(found)
        if count[State.WRONG]:
            sys.exit(1)

    def say_json(self, found):
        count = count_states(finding for _topic, finding in found)
        findings = [{"topic": topic, **finding.to_dict()} for topic, finding in found]
        said = {"wrong": count[State.WRONG], "warnings": count[State.WARNING], "findings": findings}
        self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
        return count

    def say(self, found):
        """Each topic as soon as it is known."""
        title, findings = None, []
        for topic, finding in found:
            if topic != title:
                title = topic
                self.stdout.write(self.style.MIGRATE_HEADING(str(TITLES[topic])))
            self.say_one(finding)
            findings.append(finding)
        count = count_states(findings)
        self.stdout.write("")
        self.stdout.write(self.sum_up(count[State.WRONG], count[State.WARNING]))
        return count

    def say_one(self, finding):
        styles = {
            State.OK: (pgettext("doctor", "ok"), self.style.SUCCESS),
            State.WARNING: (pgettext("doctor", "warning"), self.style.WARNING),
            State.WRONG: (pgettext("doctor", "wrong"), self.style.ERROR),
        }
        word, style = styles[finding.state]
        width = max(len(word) for word, _style in styles.values())
        self.stdout.write(f"  {style(word.ljust(width))}  {finding.words}")
        if finding.mend:
            self.stdout.write(f"  {' ' * width}  -> {finding.mend}")

    def sum_up(self, wrongs, warnings):
        if not wrongs and not warnings:
            return self.style.SUCCESS(_("All is well."))
        parts = [
            ngettext("%(count)d thing is wrong", "%(count)d things are wrong", wrongs)
            % {"count": wrongs},
            ngettext("%(count)d warning", "%(count)d warnings", warnings) % {"count": warnings},
        ]
        return (self.style.ERROR if wrongs else self.style.WARNING)(
            _("%(found)s.") % {"found": listed(parts)}
        )


def count_states(findings):
    found = [finding.state for finding in findings]
    return {state: found.count(state) for state in State}
