"""Where data goes on to."""

from django import forms
from django.utils.translation import gettext_lazy as _


class UpstreamForm(forms.Form):
    """An address, or nothing."""

    address = forms.CharField(
        label=_("Address to forward to"),
        required=False,
        max_length=2000,
        help_text=_("Whatever takes the same paths, like https://intake.example.com. Leave it empty to discard."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
