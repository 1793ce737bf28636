"""Service accounts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from console.forms.members import RolesForm


class ServiceAccountForm(RolesForm):
    """Name, address for notices, and roles."""

    name = forms.CharField(
        label=_("Name"),
        max_length=1000,
        help_text=_("Say what runs as it, like ci-deploy."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("E-mail for notices"),
        max_length=254,
        help_text=_("A team’s address outlives a person’s."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("name", "email", "roles")
