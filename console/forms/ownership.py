"""Who looks after a credential of the organisation, and what it is for."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from keys.models import Ownership
from keys.ownership import Owned

MOST_READ = 1000


class OwnershipFields(forms.Form):
    """The fields, for a form that has them beside others. The rules about them are the domain's."""

    def add_ownership(self, members: QuerySet[Member]) -> None:
        """Ask for owner, team, environment and purpose, all of which may stay empty."""
        self.fields["owner"] = forms.ModelChoiceField(
            members,
            required=False,
            label=_("Owner"),
            empty_label=_("No member"),
            error_messages={"invalid_choice": _("Choose an active owner from the list.")},
        )
        for name, label in (("team", _("Team")), ("environment", _("Environment")), ("purpose", _("Purpose"))):
            self.fields[name] = forms.CharField(required=False, max_length=MOST_READ, label=label)

    def owned(self) -> Owned:
        """What a valid form says."""
        owner = self.cleaned_data.get("owner")
        words = {name: self.cleaned_data.get(name, "") for name in ("team", "environment", "purpose")}
        return Owned(member_id=owner.pk if owner else None, **words)


class OwnershipForm(OwnershipFields):
    """All that is said of a credential there is."""

    def __init__(self, members: QuerySet[Member], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_ownership(members)

    @staticmethod
    def as_it_stands(said: Ownership | None) -> dict[str, Any]:
        """What the form shows before anybody changes it; somebody who has left is not offered again."""
        if said is None:
            return {}
        here = said.member is not None and said.member.disabled_at is None
        owner = said.member_id if here else None
        return {"owner": owner, "team": said.team, "environment": said.environment, "purpose": said.purpose}
