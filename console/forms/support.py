"""What support decides. Each form's reason is shown to those who asked, and kept in the audit trail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keys.limits import LARGEST, LONGEST_TEXT


class ReasonForm(forms.Form):
    """Why."""

    answer = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The organization reads it, and it is kept in their audit trail."),
    )


class LimitForm(ReasonForm):
    """A new maximum, and why."""

    granted = forms.IntegerField(label=_("New limit"), min_value=1, max_value=LARGEST)
    field_order = ("granted", "answer")


class SwitchForm(ReasonForm):
    """Where the switch should stand afterwards, and why. Saying where makes sending it twice harmless."""

    to = forms.ChoiceField(choices=[("on", _("On")), ("off", _("Off"))], widget=forms.HiddenInput)


class DecisionForm(ReasonForm):
    """Approve or decline; the number counts only for an approval of a limit."""

    APPROVE, DECLINE = "approve", "decline"

    granted = forms.IntegerField(
        label=_("New limit"),
        min_value=1,
        max_value=LARGEST,
        required=False,
        help_text=_("Counts when you approve; left empty, it is what was asked for."),
    )
    decision = forms.ChoiceField(choices=[(APPROVE, _("Approve")), (DECLINE, _("Decline"))])
    field_order = ("granted", "answer", "decision")

    def __init__(self, *args: Any, wanted: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if wanted is None:
            del self.fields["granted"]
        else:
            self.initial.setdefault("granted", wanted)
