"""How an organisation has its controls: as declared, but for what it has set."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from accounts.refusals import NotAllowed
from keys.hygiene.controls import CONTROLS, EXCLUSIONS, GRACE, Control
from keys.hygiene.findings import Found, Look
from keys.models import ControlSetting

MOST_PATTERNS, LONGEST_PATTERN = 50, 128


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """A control as it is set in one organisation; `parameters` has all of them. `events` is None until somebody says
    who hears of new detections."""

    organization_id: uuid.UUID
    control: Control
    is_on: bool = True
    is_automatic: bool = False
    parameters: Mapping[str, Any]
    events: list[dict[str, Any]] | None = None
    modified_at: datetime | None = None
    modified_by: Member | None = None

    @property
    def patterns(self) -> list[str]:
        """The names that are left out."""
        return list(self.parameters[EXCLUSIONS])

    @property
    def grace(self) -> timedelta:
        """How long people have from the notice on."""
        return timedelta(days=self.parameters[GRACE])

    def look(self, now: datetime, *, only: uuid.UUID | None = None) -> Look:
        """Where its control looks."""
        return Look(organization_id=self.organization_id, now=now, parameters=self.parameters, only=only)

    def find(self, now: datetime, *, only: uuid.UUID | None = None) -> list[Found]:
        """What its control finds now and the patterns do not leave out."""
        left_out = matching(self.patterns)
        return [one for one in self.control.find(self.look(now, only=only)) if not left_out.fullmatch(one.label)]

    def among(self, now: datetime) -> int:
        """How many things its control looks at."""
        return self.control.among(self.look(now)).count()


def matching(patterns: list[str]) -> re.Pattern[str]:
    """Names that one of the patterns fits: `*` is anything, `?` one character, and capitals do not matter."""
    spelled = "|".join(map(_spelled, patterns)) or r"(?!)"
    return re.compile(spelled, re.IGNORECASE | re.DOTALL)


def _spelled(pattern: str) -> str:
    """One of them as an expression that never looks back for long: what stands between two stars is taken where it
    first fits, so that no pattern, however many stars it has, takes more time than reading the name."""
    first, *others = (re.escape(piece).replace(r"\?", ".") for piece in pattern.split("*"))
    between = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return f"(?:{first}{between}{'.*' + others[-1] if others else ''})"


def of(organization_id: uuid.UUID, control: Control) -> Setting:
    """How the control is set. One query."""
    rows = ControlSetting.objects.filter(organization_id=organization_id, control=control.slug)
    return _setting(organization_id, control, rows.select_related("modified_by").first())


def all_of(organization_id: uuid.UUID) -> dict[Control, Setting]:
    """How every control is set, in the order they are declared. One query."""
    found = ControlSetting.objects.filter(organization_id=organization_id).select_related("modified_by")
    rows = {row.control: row for row in found}
    return {control: _setting(organization_id, control, rows.get(control.slug)) for control in CONTROLS}


def _setting(organization_id: uuid.UUID, control: Control, row: ControlSetting | None) -> Setting:
    parameters = declared(control)
    if row is None:
        return Setting(organization_id=organization_id, control=control, parameters=parameters)
    return Setting(
        organization_id=organization_id,
        control=control,
        is_on=row.is_on,
        is_automatic=row.is_automatic and control.mitigation is not None,
        parameters=parameters | {name: value for name, value in row.parameters.items() if name in parameters},
        events=row.events,
        modified_at=row.modified_at,
        modified_by=row.modified_by,
    )


def declared(control: Control) -> dict[str, Any]:
    """The parameters of a control that nobody has set."""
    numbers: dict[str, Any] = {parameter.name: parameter.default for parameter in control.numbers}
    return numbers | {EXCLUSIONS: []}


def checked(control: Control, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that are to be set. Raises NotAllowed, naming the first that makes no sense."""
    numbers = {parameter.name: parameter for parameter in control.numbers}
    for name, value in parameters.items():
        if name == EXCLUSIONS:
            _check_patterns(value)
        elif name not in numbers:
            raise NotAllowed(name[:64], _("This control has no such parameter."))
        elif type(value) is not int or not numbers[name].least <= value <= numbers[name].most:
            words = {"least": numbers[name].least, "most": numbers[name].most}
            raise NotAllowed(name, _("Choose a whole number from %(least)d to %(most)d.") % words)
    return dict(parameters)


def _check_patterns(patterns: Any) -> None:
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise NotAllowed(EXCLUSIONS, _("Give a list of names; * stands for anything, ? for one character."))
    if len(patterns) > MOST_PATTERNS or any(not 0 < len(one.strip()) <= LONGEST_PATTERN for one in patterns):
        words = {"most": MOST_PATTERNS, "longest": LONGEST_PATTERN}
        raise NotAllowed(EXCLUSIONS, _("Give at most %(most)d names of 1 to %(longest)d characters.") % words)
    if any("\0" in pattern for pattern in patterns):
        raise NotAllowed(EXCLUSIONS, _("A name cannot hold a NUL character."))
