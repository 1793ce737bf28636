"""The profile."""

import zoneinfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models.person import Density, Theme


def _time_zones() -> list[tuple[str, str]]:
    return [
        (name, name.replace("_", " "))
        for name in sorted(zoneinfo.available_timezones())
        if "/" in name or name == "UTC"
    ]


class ProfileForm(forms.Form):
    """What a person may choose about themselves."""

    name = forms.CharField(label=_("Name"), max_length=1000, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser")), *settings.LANGUAGES]
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme)
    density = forms.ChoiceField(label=_("Density"), choices=Density)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_time_zones)
