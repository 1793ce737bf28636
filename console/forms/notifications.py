"""How a member wants to be told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext as _

from keys.models import MailChoice
from keys.telling import Topic
from keys.telling.choices import Choice


@dataclass(frozen=True)
class Row:
    """One topic with its two fields."""

    topic: Topic
    bell: forms.BoundField
    mail: forms.BoundField


class ChoicesForm(forms.Form):
    """For each topic, whether the bell rings and when a mail comes."""

    def __init__(self, current: Mapping[Topic, Choice], data: Any = None) -> None:
        super().__init__(data)
        for topic, choice in current.items():
            words = {"topic": topic.label}
            self.fields[f"{topic}_bell"] = forms.BooleanField(
                label=_("%(topic)s: in the console") % words, required=False, initial=choice.bell
            )
            self.fields[f"{topic}_mail"] = forms.ChoiceField(
                label=_("%(topic)s: by e-mail") % words, choices=MailChoice, initial=choice.mail
            )
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = lazystr(field.label)

    @property
    def rows(self) -> Iterator[Row]:
        return (Row(topic, self[f"{topic}_bell"], self[f"{topic}_mail"]) for topic in Topic)

    @property
    def chosen(self) -> dict[Topic, Choice]:
        """What was chosen; once the form is valid."""
        return {
            topic: Choice(bell=self.cleaned_data[f"{topic}_bell"], mail=MailChoice(self.cleaned_data[f"{topic}_mail"]))
            for topic in Topic
        }
