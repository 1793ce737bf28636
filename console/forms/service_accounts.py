"""Service accounts."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
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


class ManagersForm(forms.Form):
    """Which members manage a service account; it may be nobody."""

    managers = forms.MultipleChoiceField(
        label=_("Managers"),
        required=False,
        error_messages={"invalid_choice": _("Choose active members from the list.")},
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, possible: Iterable[Member], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.possible = list(possible)
        field = self.fields["managers"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(str(member.pk), member.name) for member in self.possible]

    @property
    def member_ids(self) -> frozenset[uuid.UUID]:
        """The ids of the members chosen in a valid form."""
        return frozenset(map(uuid.UUID, self.cleaned_data["managers"]))

    @property
    def ticked(self) -> list[str]:
        """The ids of the members as they stand in the form now, as text."""
        return list(self["managers"].value() or [])
