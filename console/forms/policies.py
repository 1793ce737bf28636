"""What an organisation asks of one kind of credential."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keys.kinds import Rule
from keys.models import LeakAction, Policy
from keys.policies import Terms

OVERLAP_HOURS = (0, 1, 24, 168)
_HOURS_A_DAY = 24


def overlap_label(hours: int) -> str | Promise:
    """How long both are good, as a person says it."""
    if not hours:
        return _("None")
    days, rest = divmod(hours, _HOURS_A_DAY)
    if rest or days == 1:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


class _Days(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"min": 1, "step": 1})
        super().__init__(required=False, widget=widget, **kwargs)


class PolicyForm(forms.Form):
    """The fields that make sense for the policy's kind. What it does not ask about stays as it is, and so does what
    nobody changed in it: each field says what it showed, since somebody else may have changed the policy meanwhile."""

    def __init__(self, policy: Policy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial=vars(policy), **kwargs)
        self.policy = policy
        self._add_times()
        self._add_rules()
        for field in self.fields.values():
            field.show_hidden_initial = True

    def _add_times(self) -> None:
        kind = self.policy.kind
        if kind.expiry is not Rule.REQUIRED:
            self.fields["rotate_every_days"] = _Days(
                label=_("Rotate every, in days"),
                help_text=_("Empty: no rotation is asked for. What expires ends by itself and is not rotated."),
            )
        if kind.expiry is not Rule.NONE:
            self.fields["longest_days"] = _Days(
                label=_("Longest life, in days"),
                help_text=_("Empty: up to one year. With a number, a new one must have an end within it."),
            )
        hours = sorted({*OVERLAP_HOURS, self.policy.longest_overlap_hours})
        self.fields["longest_overlap_hours"] = forms.TypedChoiceField(
            choices=[(each, overlap_label(each)) for each in hours],
            coerce=int,
            label=_("Longest overlap"),
            help_text=_(
                "How long an old one may stay good beside its successor. None: it ends when that is made. With less "
                "than 7 days, it cannot wait for the first use of the new one."
            ),
        )

    def _add_rules(self) -> None:
        kind = self.policy.kind
        if kind.scopes is Rule.OPTIONAL:
            self._ask("scopes_required", _("Scopes required"), _("None may have all of its owner’s access."))
        if kind.belongs_to_organization:
            self._ask(
                "owner_required",
                _("Owner required"),
                _("Whoever creates one names a member, a service account or a team."),
            )
        self._ask("admins_create", _("Only admins create them"), _("Rotating one stays open to whoever may revoke it."))
        if not kind.is_public:
            self.fields["leak_action"] = forms.ChoiceField(
                choices=LeakAction.choices,
                label=_("When one is found in public"),
                help_text=_("People are told in any case."),
            )

    def _ask(self, name: str, label: Any, help_text: Any) -> None:
        self.fields[name] = forms.BooleanField(required=False, label=label, help_text=help_text)

    def terms(self) -> Terms:
        """The terms a valid form asks for."""
        asked = {
            name: self.cleaned_data[name] if self._is_changed(name) else getattr(self.policy, name)
            for name in Terms.__annotations__
        }
        return Terms(**asked | {"leak_action": LeakAction(asked["leak_action"])})

    def _is_changed(self, name: str) -> bool:
        """Whether it was asked about and answered otherwise than it was shown, as far as that is known."""
        is_known = self.add_initial_prefix(name) in self.data
        return name in self.cleaned_data and (name in self.changed_data or not is_known)
