"""What is asked of support."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keys.limits import LARGEST, LONGEST_TEXT


class AskForm(forms.Form):
    """A reason and, where there is a limit, how many are wanted."""

    wanted = forms.IntegerField(label=_("How many you need in all"), min_value=1, max_value=LARGEST)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What they are for, and why those you have are not enough."),
    )

    def __init__(self, *args: Any, current: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if current is None:
            del self.fields["wanted"]
            self.fields["reason"].help_text = _("What you would use it for.")
        else:
            self.initial.setdefault("wanted", min(current * 2, LARGEST))
