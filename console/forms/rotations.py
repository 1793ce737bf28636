"""When the old one of a pair stops, why something is revoked, and the words that confirm either."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import names
from console.forms.nonces import NonceForm
from keys import rotation
from keys.models import Policy
from keys.rotation import Overlap

SENTENCES: dict[Overlap, Promise] = {
    Overlap.NOW: _("The old one is refused from the next request on. For one that a stranger may have."),
    Overlap.HOUR: _("For one program that you change yourself, now."),
    Overlap.DAY: _("For what the next deployment brings along."),
    Overlap.WEEK: _("For what is rolled out bit by bit."),
    Overlap.FIRST_USE: _("Nothing breaks if the new one arrives late: the old one waits for it."),
}
"""Whom each overlap is for."""
_AS_TYPED = {"autocomplete": "off", "spellcheck": "false"}


@dataclass(frozen=True)
class Choice:
    """An overlap as it is offered. `until` is when the old one stops, where that is known."""

    overlap: Overlap
    sentence: Promise
    until: datetime | None
    is_chosen: bool


class RotateForm(NonceForm):
    """When the old one stops being good, among what the policy allows; the last of those unless somebody chooses."""

    overlap = forms.ChoiceField(
        label=_("The old one stops"),
        error_messages={
            "required": _("Choose when the old one stops."),
            "invalid_choice": _("Choose one of these ends: the policy asks for it."),
        },
    )

    def __init__(self, policy: Policy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allowed = rotation.overlaps_within(policy)
        self.initial["overlap"] = self.allowed[-1].value
        field = self.fields["overlap"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(overlap.value, overlap.label) for overlap in self.allowed]

    @property
    def chosen(self) -> Overlap:
        """The overlap of a valid form."""
        return Overlap(self.cleaned_data["overlap"])

    def choices(self, now: datetime, ends_at: datetime | None = None) -> list[Choice]:
        """What can be chosen, for one that ends by itself at `ends_at`."""
        return [
            Choice(
                overlap=overlap,
                sentence=SENTENCES[overlap],
                until=min(filter(None, (now + overlap.length, ends_at))) if overlap.length else None,
                is_chosen=self["overlap"].value() == overlap.value,
            )
            for overlap in self.allowed
        ]


class NamedForm(forms.Form):
    """The name of one that is in use, typed to confirm; nothing for one that rests."""

    confirm = forms.CharField(max_length=1000, widget=forms.TextInput(attrs=_AS_TYPED))

    def __init__(self, name: str | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        if name is None:
            del self.fields["confirm"]
        else:
            self.fields["confirm"].error_messages["required"] = _("Type the name: it is in use.")

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if self.name is not None and names.key(typed) != names.key(self.name):
            raise forms.ValidationError(_("This is not the name. Type it as it stands above."))
        return typed


class RevokeForm(NamedForm):
    """Why it is revoked, for the audit trail."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class Counted(forms.Form):
    """A form about several at once, whose number is typed to confirm it."""

    confirm = forms.IntegerField(widget=forms.TextInput(attrs={"inputmode": "numeric", **_AS_TYPED}))

    def __init__(self, *args: Any, total: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total = total
        wrong = _("Type %(total)d to confirm.") % {"total": total}
        self.fields["confirm"].error_messages |= {"required": wrong, "invalid": wrong}

    def clean_confirm(self) -> int:
        typed: int = self.cleaned_data["confirm"]
        if typed != self.total:
            raise forms.ValidationError(self.fields["confirm"].error_messages["invalid"])
        return typed


class BulkRotateForm(RotateForm, Counted):
    """One end for the old ones of all."""


class BulkRevokeForm(Counted):
    """One reason for all."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
