"""Inviting members, giving roles, and narrowing the list."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.builtin_roles import ROLES, BuiltinRole
from accounts.models import Status


class RolesForm(forms.Form):
    """Which roles, among those that may be given."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one role."),
            "invalid_choice": _("Choose from the roles listed."),
        },
    )

    def __init__(self, grantable: Iterable[BuiltinRole], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grantable = list(grantable)
        field = self.fields["roles"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(role.slug, role.label) for role in self.grantable]

    @property
    def role_slugs(self) -> frozenset[str]:
        """The roles chosen in a valid form."""
        return frozenset(self.cleaned_data["roles"])

    @property
    def ticked(self) -> list[str]:
        """The roles as they stand in the form now."""
        return list(self["roles"].value() or [])


class InviteForm(RolesForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True})
    )
    field_order = ("email", "roles")


class MemberFilterForm(forms.Form):
    """What the list is narrowed to; nonsense does not narrow."""

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Everybody")), *((s.value, s.label) for s in Status)]
    )
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("Every role")), *((role.slug, role.label) for role in ROLES)]
    )
