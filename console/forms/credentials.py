"""The forms of credentials: create (built from the kind's declaration), rename, scopes, filter."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.areas import AREAS, Area
from accounts.models import Member
from console.forms.nonces import NonceForm
from console.forms.ownership import OwnershipFields
from console.kind_pages import EXPIRY_DAYS, Preset
from keys import ownership
from keys.kinds import Rule
from keys.models import Credential, Policy

USUAL_DAYS = 90


class NameForm(forms.Form):
    """A name. The rules about names are the domain's; this only bounds what is read."""

    name = forms.CharField(
        label=_("Name"), max_length=1000, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )


class ScopesField(forms.Field):
    """Permission names, any number of them."""

    widget = forms.MultipleHiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Access"), "required": False} | kwargs)

    def clean(self, value: list[str] | None) -> list[str]:
        return list(value or [])


class _ScopedForm(forms.Form):
    """What create and change of scopes have in common: scopes, or everything where the kind allows it."""

    def _add_scopes(self, policy: Policy) -> None:
        kind = policy.kind
        if kind.scopes is not Rule.NONE:
            self.fields["scopes"] = ScopesField()
        if kind.scopes is Rule.OPTIONAL and not policy.scopes_required:
            self.fields["everything"] = forms.BooleanField(required=False, label=_("All of the owner’s permissions"))

    def scopes_chosen(self) -> list[str] | None:
        """The scopes of a valid form, or None for everything."""
        if "scopes" not in self.fields or self.cleaned_data.get("everything"):
            return None
        return list(self.cleaned_data["scopes"])

    def scopes_ticked(self) -> list[str]:
        """The scopes as they stand in the form now, valid or not."""
        return list(self["scopes"].value() or []) if "scopes" in self.fields else []


class CredentialForm(NonceForm, NameForm, _ScopedForm, OwnershipFields):
    """A new credential of any kind: a name, and whichever of owner, scopes and expiry the kind has, within the policy.

    `owners` are those it can belong to; or, of the organisation's own kinds, those who can look after it. The `inline`
    form asks for the name alone.
    """

    def __init__(
        self, policy: Policy, owners: QuerySet[Member], *args: Any, inline: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.policy, self.kind = policy, policy.kind
        if not self.kind.belongs_to_organization:
            self._add_owner(owners)
        elif not inline:
            self.add_ownership(owners)
        self._add_scopes(policy)
        if self.kind.expiry is not Rule.NONE:
            self._add_expiry()

    def _add_owner(self, owners: QuerySet[Member]) -> None:
        self.fields["owner"] = forms.ModelChoiceField(
            owners, label=_("Owner"), widget=forms.RadioSelect, empty_label=None
        )
        self.initial.setdefault("owner", owners.values_list("pk", flat=True).first())

    def _add_expiry(self) -> None:
        longest = self.policy.longest.days
        numbers = [number for number in EXPIRY_DAYS if number <= longest] or [longest]
        days: list[tuple[str, Any]] = [(str(number), number) for number in numbers]
        if self.kind.expiry is Rule.OPTIONAL and self.policy.longest_days is None:
            days.append(("never", "never"))
        days.append(("date", "date"))
        self.fields["expires"] = forms.ChoiceField(choices=days, label=_("Expires"), widget=forms.RadioSelect)
        self.fields["expires_on"] = forms.DateField(
            required=False, label=_("Date"), widget=forms.DateInput(attrs={"type": "date"})
        )
        if self.initial.get("expires") not in dict(days):
            self.initial["expires"] = str(max((each for each in numbers if each <= USUAL_DAYS), default=numbers[0]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.get("expires_on")
        if cleaned.get("expires") == "date" and not chosen and "expires_on" not in self.errors:
            self.add_error("expires_on", _("Choose a date."))
        elif chosen and abs(chosen.year - timezone.localdate().year) > 1:
            self.add_error("expires_on", _("Choose a time within one year from now."))
        return cleaned

    def expires_at(self, now: datetime) -> datetime | None:
        """The chosen end: so many days from now, or the end of the chosen day where the person is."""
        chosen = self.cleaned_data.get("expires", "never")
        if chosen == "never":
            return None
        if chosen == "date":
            midnight = datetime.combine(self.cleaned_data["expires_on"], time(23, 59, 59))
            return timezone.make_aware(midnight)
        return now + timedelta(days=int(chosen))

    @property
    def owner(self) -> Member | None:
        """Whom the credential of a valid form belongs to; None for the organisation."""
        return None if self.kind.belongs_to_organization else self.cleaned_data["owner"]

    @property
    def owner_chosen(self) -> Member | None:
        """The owner as typed so far, valid or not yet submitted."""
        field = self.fields.get("owner")
        if not isinstance(field, forms.ModelChoiceField):
            return None
        value = self["owner"].value()
        return next((owner for owner in field.queryset if str(owner.pk) == str(value)), None)


class ScopesForm(_ScopedForm):
    """Other scopes for a credential there is."""

    def __init__(self, policy: Policy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._add_scopes(policy)


def prefilled(params: Any) -> dict[str, Any]:
    """Initial values from a link such as ?name=ci&scopes=monitors_read,monitors_write&expires=30&owner=…&team=…"""
    initial: dict[str, Any] = {}
    if name := params.get("name", "").replace("\0", ""):
        initial["name"] = name[:128]
    if scopes := params.get("scopes", ""):
        initial["scopes"] = [scope for scope in scopes.split(",") if scope.isidentifier()]
    if params.get("expires", "") in {str(number) for number in EXPIRY_DAYS}:
        initial["expires"] = params["expires"]
    for word in ("owner", "team", "environment", "purpose"):
        if said := params.get(word, "").replace("\0", ""):
            initial[word] = said[:128]
    return initial


def another_like(credential: Credential) -> str:
    """The link's query with which `prefilled` starts one like it, but for its name."""
    said = ownership.of(credential)
    owner = said.member_id if said else credential.owner_id
    words = {"team": said.team, "environment": said.environment, "purpose": said.purpose} if said else {}
    values = {"owner": owner, "scopes": ",".join(credential.scopes or ()), **words}
    return urlencode({word: value for word, value in values.items() if value})


def with_preset(data: QueryDict, preset: Preset | None, owner: Member | None) -> QueryDict:
    """The form's data with the preset's scopes, as far as the owner has them, in place of those ticked."""
    data = data.copy()
    if preset:
        held = owner.permissions if owner else frozenset()
        data.setlist("scopes", [scope for scope in preset.scopes if scope in held])
        data.setlist("everything", ["on"] if preset.everything else [])
    return data


def picker(chosen: Iterable[str], held: frozenset[str]) -> list[dict[str, Any]]:
    """The scope picker's rows: each area with its permissions, which are chosen and which can be."""
    chosen = frozenset(chosen)
    return [_picker_row(area, held, chosen) for area in AREAS]


def _picker_row(area: Area, held: frozenset[str], chosen: frozenset[str]) -> dict[str, Any]:
    reads = [entry.name for entry in area.reads if entry.name in held]
    writes = [entry.name for entry in area.writes if entry.name in held]
    return {
        "area": area,
        "reads": bool(reads),
        "writes": bool(writes),
        "all_reads": bool(reads) and chosen.issuperset(reads),
        "all_writes": bool(writes) and chosen.issuperset(writes),
        "off": not reads and not writes,
        "chosen": sum(1 for name in reads + writes if name in chosen),
        "entries": [
            {"entry": entry, "held": entry.name in held, "chosen": entry.name in chosen} for entry in area.entries
        ],
    }


def summary(chosen: Iterable[str]) -> list[dict[str, Any]]:
    """What the chosen scopes allow, area by area: whether they read it, change it, or both."""
    chosen = frozenset(chosen)
    found = []
    for area in AREAS:
        reads = any(entry.name in chosen for entry in area.reads)
        writes = any(entry.name in chosen for entry in area.writes)
        if reads or writes:
            found.append({"label": area.label, "reads": reads, "writes": writes})
    return found
