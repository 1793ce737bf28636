"""Custom roles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from console.forms.credentials import NameForm, ScopesField


class RoleForm(NameForm):
    """A name and what it permits."""

    permissions = ScopesField(label=_("Permissions"))

    def ticked(self) -> list[str]:
        """The permissions as they stand in the form now, valid or not."""
        return list(self["permissions"].value() or [])


class RoleFilterForm(forms.Form):
    """What the list is narrowed to; nonsense does not narrow."""

    q = forms.CharField(required=False, max_length=200)
