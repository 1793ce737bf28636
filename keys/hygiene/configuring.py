"""Setting controls: what they look for, what they leave out, and whether they mitigate by themselves."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, organizations
from accounts.actors import Actor
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys.hygiene import notices, scanning, settings
from keys.hygiene.controls import Control
from keys.hygiene.settings import Setting
from keys.models import ControlSetting, Detection, Ending


@transaction.atomic
def configure(
    control: Control,
    *,
    by: Actor,
    parameters: Mapping[str, Any] | None = None,
    is_on: bool | None = None,
    is_automatic: bool | None = None,
) -> Setting:
    """Set a control, None leaving what there is, and look anew at once: what the settings leave out now is obsolete,
    what they find now is there.

    Raises NotPermitted, or NotAllowed with the parameter, or with `is_automatic`.
    """
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    organization = organizations.lock(by.organization)
    before = settings.of(organization.pk, control)
    wanted = _wanted(before, parameters=parameters, is_on=is_on, is_automatic=is_automatic)
    changes = {name: [old, wanted[name]] for name, old in _told(before).items() if wanted[name] != old}
    if not changes:
        return before
    if wanted["is_automatic"]:
        _check_automatic(control, by=by)
    ControlSetting.objects.update_or_create(
        organization=organization,
        control=control.slug,
        defaults={
            "is_on": wanted.pop("is_on"),
            "is_automatic": wanted.pop("is_automatic"),
            "parameters": wanted,
            "modified_at": by.now,
            "modified_by": members.acting(by),
        },
    )
    log.record(Event.CONTROL_CHANGED, by=by, target=notices.target(control), changes=changes)
    _follow(control, changes, by=by)
    return settings.of(organization.pk, control)


def _told(setting: Setting) -> dict[str, Any]:
    return {"is_on": setting.is_on, "is_automatic": setting.is_automatic, **setting.parameters}


def _wanted(
    before: Setting, *, parameters: Mapping[str, Any] | None, is_on: bool | None, is_automatic: bool | None
) -> dict[str, Any]:
    """All of it, as it is to be."""
    switches = {"is_on": is_on, "is_automatic": is_automatic}
    given = {name: value for name, value in switches.items() if value is not None}
    return _told(before) | given | settings.checked(before.control, parameters or {})


def _check_automatic(control: Control, *, by: Actor) -> None:
    """Whoever lets a control act by itself, or changes what one acts on, needs what doing it to everything takes."""
    if control.mitigation is None:
        raise NotAllowed("is_automatic", _("Nothing can be done about this by itself."))
    by.require(control.mitigation.permissions[0])


def _follow(control: Control, changes: Mapping[str, Any], *, by: Actor) -> None:
    """What changed settings mean for what was found: nothing is ahead of it any more where that ended."""
    if "is_automatic" in changes:
        open_ones = Detection.objects.of(by.organization).of_control(control.slug).open()
        open_ones.update(mitigate_after=None, warned_at=None, note="")
    if changes.keys() - {"is_automatic"}:
        scanning.scan_control(by.organization, control, now=by.now, ending=Ending.OBSOLETE)
