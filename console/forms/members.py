"""Inviting members, giving roles, and narrowing the list."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, Status, in_order


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

    def __init__(self, grantable: Iterable[Role], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grantable = list(grantable)
        field = self.fields["roles"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(str(role.id), role.label) for role in self.grantable]

    @property
    def role_ids(self) -> frozenset[uuid.UUID]:
        """The ids of the roles chosen in a valid form."""
        return frozenset(map(uuid.UUID, self.cleaned_data["roles"]))

    @property
    def ticked(self) -> list[str]:
        """The ids of the roles as they stand in the form now, as text."""
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
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, organization_id: uuid.UUID, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, roles = self.fields["role"], in_order(Role.objects.of(organization_id))
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Every role")), *((str(role.id), role.label) for role in roles)]
