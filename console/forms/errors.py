"""Refusals at their field."""

from django import forms
from django.utils.translation import gettext as _

from accounts.refusals import NotAllowed


def add_refusal(form: forms.Form, refusal: NotAllowed) -> None:
    """Show why a verb refused, at the field it concerns or above the form, with the suggestion if there is one."""
    message = str(refusal.message)
    if refusal.suggestion:
        message = _("%(problem)s Try %(suggestion)s.") % {"problem": message, "suggestion": refusal.suggestion}
    form.add_error(refusal.field if refusal.field in form.fields else None, message)
