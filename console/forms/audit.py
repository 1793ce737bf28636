"""What a reader of the audit trail looks for."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.events import LABELS, Event
from audit.search import Query

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


def _events() -> list[tuple[str, object]]:
    return [("", _("Everything")), *((event.value, LABELS[event]) for event in Event)]


class DayField(forms.DateField):
    """A day within the lifetime of anything this console could have recorded."""

    widget = forms.DateInput(attrs={"type": "date"})

    def __init__(self, **kwargs: object) -> None:
        words = _("Choose a day between 2000 and 2100.")
        limits = [MinValueValidator(EARLIEST, words), MaxValueValidator(LATEST, words)]
        super().__init__(required=False, validators=limits, error_messages={"invalid": words}, **kwargs)


class TrailForm(forms.Form):
    """The filters of the audit trail. All are optional; days are those of the reader's time zone."""

    actor = forms.CharField(
        label=_("Who"), required=False, max_length=320, widget=forms.TextInput(attrs={"type": "search"})
    )
    event = forms.ChoiceField(label=_("Event"), required=False, choices=_events)
    target = forms.CharField(
        label=_("About"), required=False, max_length=320, widget=forms.TextInput(attrs={"type": "search"})
    )
    since = DayField(label=_("From day"))
    until = DayField(label=_("To day"))

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("Choose a day that is not before the first."))
        return cleaned

    def query(self) -> Query:
        """What a valid form asks for."""
        found = self.cleaned_data
        return Query(
            actor=found["actor"],
            event=found["event"],
            target=found["target"],
            since=midnight(found["since"]) if found["since"] else None,
            until=midnight(found["until"] + timedelta(days=1)) if found["until"] else None,
        )

    def asked(self) -> dict[str, str]:
        """What a valid form asks for, as text; only what narrows."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def midnight(day: date) -> datetime:
    """When the day begins for the reader."""
    return timezone.make_aware(datetime.combine(day, time.min))
