"""Reporting a leak, ending it, and whom to tell."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.forms.audit import DayField
from console.forms.rum_applications import NeverShown
from keys.safety.leaks import LONGEST_NOTE
from keys.safety.matches import LONGEST_PLACE

_AS_TYPED = {"autocomplete": "off", "spellcheck": "false"}


class ReportForm(forms.Form):
    """What was found, and where. The text is judged and forgotten."""

    text = forms.CharField(
        label=_("What you found"),
        max_length=50_000,
        strip=False,
        help_text=_("The key, or all that stands around it. It is compared and forgotten, never stored or logged."),
        widget=NeverShown(attrs={"rows": 5, **_AS_TYPED}),
    )
    place = forms.CharField(
        label=_("Where it was"),
        max_length=LONGEST_PLACE,
        required=False,
        help_text=_("An address, or in words: the build log of 3 May, a chat with a supplier."),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )


class DayForm(forms.Form):
    """From which day on a leak is looked into."""

    day = DayField(label=_("From day"), widget=forms.DateInput(attrs={"type": "date", "class": "input"}))


class CloseForm(forms.Form):
    """What came of it."""

    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("What you found out and changed, for whoever reads this later."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DismissForm(forms.Form):
    """Why it was a false alarm."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_NOTE,
        help_text=_("Such as: the key was made for this example, and never let anybody in."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ContactsForm(forms.Form):
    """The addresses that are told of leaks, besides the admins."""

    primary = forms.CharField(
        label=_("First address"),
        max_length=2000,
        help_text=_("Better a mailbox that several people read than a person who may be away."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    secondary = forms.CharField(
        label=_("Second address"),
        max_length=2000,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def asked(self) -> dict[str, Any]:
        """What a valid form says, as `contacts.change` takes it."""
        return {"primary": self.cleaned_data["primary"], "secondary": self.cleaned_data["secondary"]}
