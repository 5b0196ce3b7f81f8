"""Sentences of Django's that people read on our forms, marked here so that our catalogues say them:
its own ones have another voice (formal in Spanish) and other words. Nobody imports this."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SAID = [
    _("This field is required."),
    _("Enter a valid email address."),
    _("Enter a valid date."),
    ngettext(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        2,
    ),
    _("Select a valid choice. %(value)s is not one of the available choices."),
    _("Select a valid choice. That choice is not one of the available choices."),
    _("No file was submitted."),
    _("The submitted file is empty."),
    _("The two password fields didn’t match."),
    _("Enter the same password as before, for verification."),
    _(
        "Please enter a correct %(username)s and password. Note that both fields may be"
        " case-sensitive."
    ),
    _("Your old password was entered incorrectly. Please enter it again."),
    ngettext(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        2,
    ),
    _("Your password can’t be too similar to your other personal information."),
    _("The password is too similar to the %(verbose_name)s."),
    _("Your password can’t be a commonly used password."),
    _("Your password can’t be entirely numeric."),
]
