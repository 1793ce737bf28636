"""The profile."""

import zoneinfo
from functools import cache

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models.person import Density, Theme

REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}

Choices = list[tuple[str | Promise, str | list[tuple[str, str]]]]


@cache
def time_zones() -> Choices:
    """Universal time, then the zones named after places, by region. Read from disk once."""
    places = sorted(name for name in zoneinfo.available_timezones() if name.partition("/")[0] in REGIONS)
    return [("UTC", "UTC")] + [
        (label, [(name, _place(name)) for name in places if name.startswith(f"{region}/")])
        for region, label in REGIONS.items()
    ]


def _place(name: str) -> str:
    return name.partition("/")[2].replace("_", " ").replace("/", " / ")


class ProfileForm(forms.Form):
    """What a person may choose about themselves."""

    name = forms.CharField(label=_("Name"), max_length=1000, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme, widget=forms.RadioSelect)
    density = forms.ChoiceField(label=_("Density"), choices=Density, widget=forms.RadioSelect)
