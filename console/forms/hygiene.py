"""What is set of controls, and what is done about detections."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import names
from accounts.models import Member
from accounts.refusals import NotAllowed
from console.forms.errors import add_refusal
from console.forms.ownership import OwnershipFields
from keys import ownership
from keys.hygiene.controls import EXCLUSIONS
from keys.hygiene.detections import LONGEST_DELAY, LONGEST_REASON, LONGEST_TEAM
from keys.hygiene.mitigations import Mitigation, name_owner
from keys.hygiene.settings import Setting
from keys.models import DetectionState

MANUAL, AUTOMATIC = "manual", "automatic"


class ControlForm(forms.Form):
    """A control as it is set: on or off, its numbers, what is left out, and whether it acts by itself."""

    is_on = forms.BooleanField(
        label=_("Look for this"), required=False, help_text=_("Off, it finds nothing and counts for nothing.")
    )
    mitigation = forms.ChoiceField(
        label=_("What is done about it"),
        choices=[
            (MANUAL, _("Nothing by itself: somebody does it by hand")),
            (AUTOMATIC, _("By itself, after the days of grace")),
        ],
        widget=forms.RadioSelect,
    )
    key_name_exclusion_patterns = forms.CharField(
        label=_("Names to leave out"),
        required=False,
        max_length=8000,
        help_text=_("One a line. * stands for anything, ? for one character."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, setting: Setting, **kwargs: Any) -> None:
        kwargs["initial"] = _shown(setting)
        super().__init__(*args, **kwargs)
        self.numbers = [parameter.name for parameter in setting.control.numbers]
        for parameter in setting.control.numbers:
            range_ = {"least": parameter.least, "most": parameter.most}
            wrong = _("Choose a whole number from %(least)d to %(most)d.") % range_
            self.fields[parameter.name] = forms.IntegerField(
                label=parameter.label,
                help_text=parameter.description,
                min_value=parameter.least,
                max_value=parameter.most,
                error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong),
            )
        own = [parameter.name for parameter in setting.control.parameters]
        self.order_fields(["is_on", *own, EXCLUSIONS, "mitigation"])
        if setting.control.mitigation is None:
            del self.fields["mitigation"]

    def wanted(self) -> dict[str, Any]:
        """What is to be set, as `configure` takes it."""
        data = self.cleaned_data
        patterns = [line.strip() for line in data[EXCLUSIONS].splitlines() if line.strip()]
        return {
            "is_on": data["is_on"],
            "is_automatic": data.get("mitigation") == AUTOMATIC,
            "parameters": {name: data[name] for name in self.numbers} | {EXCLUSIONS: patterns},
        }


def _shown(setting: Setting) -> dict[str, Any]:
    patterns = "\n".join(setting.patterns)
    mode = AUTOMATIC if setting.is_automatic else MANUAL
    return {**setting.parameters, EXCLUSIONS: patterns, "is_on": setting.is_on, "mitigation": mode}


class DetectionFilterForm(forms.Form):
    """Which detections of a control are listed."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    state = forms.ChoiceField(label=_("State"), choices=DetectionState.choices, required=False)


class ExceptForm(forms.Form):
    """Why it may be so, and until when."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        help_text=_("Why it may stay as it is. Everybody here reads it."),
        error_messages=dict.fromkeys(("required", "max_length"), _("Say why, in 500 characters or fewer.")),
    )
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        help_text=_("From then on it is active again. Without an end the exception stays."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class AssignForm(forms.Form):
    """Who looks after it."""

    assigned_to = forms.ChoiceField(label=_("Member"), required=False)
    assigned_team = forms.CharField(label=_("Team"), required=False, max_length=LONGEST_TEAM)

    def __init__(self, *args: Any, members: Iterable[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Nobody")), *((str(member.pk), member.name) for member in members)]
        self.fields["assigned_to"].choices = choices  # type: ignore[attr-defined]


class DelayForm(forms.Form):
    """By how many days what is done by itself is put off."""

    days = forms.TypedChoiceField(
        label=_("How much later"),
        coerce=int,
        choices=[
            (days, ngettext_lazy("By %d day", "By %d days", days) % days) for days in range(1, LONGEST_DELAY.days + 1)
        ],
    )


class MitigateForm(forms.Form):
    """What is typed to do something to several at once: what the button says."""

    word = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, title: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = title
        self.wrong = _("Type “%(word)s”, to show that you mean it.") % {"word": title}
        self.fields["word"].label = _("Type “{word}” to go on").format(word=title)
        self.fields["word"].error_messages["required"] = self.wrong

    def clean_word(self) -> str:
        typed: str = self.cleaned_data["word"]
        if names.key(typed) != names.key(self.title):
            raise forms.ValidationError(self.wrong)
        return typed

    def mitigation(self) -> Mitigation | None:
        """What is to be done: what the control does."""
        return None


class OwnerForm(OwnershipFields):
    """Who is to look after it, or after several: somebody, a team, or both."""

    is_either = True
    """One of its fields is needed, whichever it is: none is called optional."""

    def __init__(self, organization_id: uuid.UUID, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization_id = organization_id
        self.add_ownership(ownership.possible(organization_id))
        del self.fields["environment"], self.fields["purpose"]
        self.fields["owner"].help_text = _("Name a member or a team.")

    def clean(self) -> None:
        try:
            ownership.checked(self.owned(), organization_id=self.organization_id, required=True)
        except NotAllowed as refusal:
            add_refusal(self, refusal)

    def mitigation(self) -> Mitigation:
        """What is to be done: this owner is named."""
        return name_owner(self.owned())
