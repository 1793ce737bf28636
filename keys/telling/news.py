"""Everything people can be told, its sentence, its topic and how grave it is. News is a line in the table below."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from keys.models import MailChoice


class Severity(StrEnum):
    """How grave news is: the tone it is shown in."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, eq=False)
class _Card:
    """What people choose by: words for it, and when it comes by mail unless they say otherwise."""

    label: Promise
    hint: Promise
    mail: MailChoice = MailChoice.DAILY


class Topic(StrEnum):
    """What a member, or a webhook, may want to hear of or not."""

    LEAKS = "leaks"
    EXPIRY = "expiry"
    ROTATION = "rotation"
    HYGIENE = "hygiene"
    CONTACTS = "contacts"
    WEBHOOKS = "webhooks"

    @property
    def label(self) -> Promise:
        return _TOPICS[self].label

    @property
    def hint(self) -> Promise:
        return _TOPICS[self].hint

    @property
    def mail(self) -> MailChoice:
        """When it comes by mail unless a member chose otherwise."""
        return _TOPICS[self].mail


_TOPICS = {
    Topic.LEAKS: _Card(_("Leaks"), _("A credential was found where others can read it."), MailChoice.AT_ONCE),
    Topic.EXPIRY: _Card(_("Expiry"), _("A token of yours expires soon, or has expired.")),
    Topic.ROTATION: _Card(
        _("Rotation"), _("A credential is due for rotation, or somebody else rotated, blocked or ended it.")
    ),
    Topic.HYGIENE: _Card(_("Key hygiene"), _("What the controls found, and what they are about to do.")),
    Topic.CONTACTS: _Card(_("Security contacts"), _("The list of security contacts waits for its review.")),
    Topic.WEBHOOKS: _Card(_("Webhooks"), _("A webhook was disabled because it no longer answers.")),
}


class News(Enum):
    """What people are told. `value` is what programs call it: noun.past_participle.

    A sentence's %(name)s is the label of what it is about, unless `words` has another. A word whose name ends in `_at`
    is a time in ISO 8601, and is spelled as its reader would. The word `where` is empty where nobody knows the place.
    """

    CREDENTIAL_EXPIRES = "credential.expires"
    CREDENTIAL_EXPIRED = "credential.expired"
    ROTATION_DUE = "rotation.due"
    ROTATION_OVERDUE = "rotation.overdue"
    ROTATION_WAITING = "rotation.waiting"
    CREDENTIAL_ROTATED = "credential.rotated"
    ROTATION_FINISHED = "rotation.finished"
    ROTATION_CANCELED = "rotation.canceled"
    CREDENTIAL_REVOKED = "credential.revoked"
    CREDENTIAL_RESTORED = "credential.restored"
    CREDENTIAL_BLOCKED = "credential.blocked"
    CREDENTIAL_UNBLOCKED = "credential.unblocked"
    CREDENTIAL_LEAKED = "credential.leaked"
    LEAK_QUARANTINED = "leak.quarantined"
    LEAK_REVOKED = "leak.revoked"
    LEAK_OF_ENDED = "leak.noted"
    LEAKS_FOUND = "leaks.found"
    SEEN_IN_BROWSER = "credential.seen_in_browser"
    DETECTIONS_FOUND = "detections.found"
    MITIGATION_AHEAD = "detection.mitigation_ahead"
    DETECTION_MITIGATED = "detection.mitigated"
    MITIGATIONS_AHEAD = "detections.mitigation_ahead"
    DETECTIONS_MITIGATED = "detections.mitigated"
    DETECTION_ASSIGNED = "detection.assigned"
    CONTACTS_REVIEW = "contacts.review_due"
    CONTACTS_MISSING = "contacts.missing"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_GONE = "webhook.gone"
    WEBHOOK_TEST = "webhook.tested"

    @property
    def topic(self) -> Topic:
        return _LINES[self][0]

    @property
    def severity(self) -> Severity:
        return _LINES[self][1]

    @property
    def sentence(self) -> Promise:
        return _LINES[self][2]

    def said(self, words: Mapping[str, str]) -> str:
        """The sentence in the reader's language and time zone. Raises KeyError for a word it lacks."""
        ours = _OURS.get(self, "")
        sentence = self.sentence if words.get("where") else _WITHOUT_A_PLACE.get(self, self.sentence)
        return str(sentence) % {
            name: gettext(word) if name == ours else _spelled(name, word) for name, word in words.items()
        }

    def recalled(self, words: Mapping[str, str]) -> str:
        """The same of words that were kept. An earlier version may have told it in others: then its name alone."""
        try:
            return self.said(words)
        except KeyError:
            return self.value


INFO, WARNING, CRITICAL = Severity

_LINES: dict[News, tuple[Topic, Severity, Promise]] = {
    News.CREDENTIAL_EXPIRES: (Topic.EXPIRY, WARNING, _("%(name)s expires on %(expires_at)s.")),
    News.CREDENTIAL_EXPIRED: (Topic.EXPIRY, WARNING, _("%(name)s expired on %(expires_at)s. It is refused now.")),
    News.ROTATION_DUE: (Topic.ROTATION, INFO, _("%(name)s is due for rotation by %(due_at)s.")),
    News.ROTATION_OVERDUE: (Topic.ROTATION, WARNING, _("%(name)s should have been rotated by %(due_at)s.")),
    News.ROTATION_WAITING: (
        Topic.ROTATION,
        WARNING,
        _("%(name)s was rotated on %(rotated_at)s. Nothing has used the new one yet, so the old one stays good."),
    ),
    News.CREDENTIAL_ROTATED: (Topic.ROTATION, INFO, _("%(by)s rotated %(name)s. Programs need its successor.")),
    News.ROTATION_FINISHED: (
        Topic.ROTATION,
        INFO,
        _("%(by)s finished the rotation of %(name)s. The old one (…%(last4)s) is refused now."),
    ),
    News.ROTATION_CANCELED: (
        Topic.ROTATION,
        WARNING,
        _("%(by)s canceled the rotation of %(name)s. The old one (…%(last4)s) stays, the new one is refused now."),
    ),
    News.CREDENTIAL_REVOKED: (Topic.ROTATION, WARNING, _("%(by)s revoked %(name)s (…%(last4)s).")),
    News.CREDENTIAL_RESTORED: (Topic.ROTATION, INFO, _("%(by)s restored %(name)s (…%(last4)s).")),
    News.CREDENTIAL_BLOCKED: (Topic.ROTATION, WARNING, _("%(by)s blocked %(name)s (…%(last4)s).")),
    News.CREDENTIAL_UNBLOCKED: (Topic.ROTATION, INFO, _("%(by)s unblocked %(name)s (…%(last4)s).")),
    News.CREDENTIAL_LEAKED: (
        Topic.LEAKS,
        CRITICAL,
        _("%(name)s (…%(last4)s) leaked, and still lets programs in. Found: %(where)s"),
    ),
    News.LEAK_QUARANTINED: (
        Topic.LEAKS,
        CRITICAL,
        _("%(name)s (…%(last4)s) leaked, and is blocked until somebody has looked. Found: %(where)s"),
    ),
    News.LEAK_REVOKED: (Topic.LEAKS, CRITICAL, _("%(name)s (…%(last4)s) leaked, and is revoked. Found: %(where)s")),
    News.LEAK_OF_ENDED: (
        Topic.LEAKS,
        WARNING,
        _("%(name)s (…%(last4)s) leaked. It had ended before and lets nobody in. Found: %(where)s"),
    ),
    News.LEAKS_FOUND: (
        Topic.LEAKS,
        CRITICAL,
        _("%(count)s leaks were reported at once. The policy of each kind was applied; each has a runbook."),
    ),
    News.SEEN_IN_BROWSER: (
        Topic.LEAKS,
        CRITICAL,
        _("The API key %(name)s (…%(last4)s) came from a browser and was refused. Put a client token there: %(where)s"),
    ),
    News.DETECTIONS_FOUND: (Topic.HYGIENE, INFO, _("New findings of “%(name)s”: %(count)s.")),
    News.MITIGATION_AHEAD: (Topic.HYGIENE, WARNING, _("“%(control)s” acts on %(name)s on %(acts_at)s.")),
    News.DETECTION_MITIGATED: (Topic.HYGIENE, WARNING, _("%(name)s was mitigated, as the control “%(control)s” asks.")),
    News.MITIGATIONS_AHEAD: (Topic.HYGIENE, WARNING, _("“%(control)s” acts on several findings on %(acts_at)s.")),
    News.DETECTIONS_MITIGATED: (
        Topic.HYGIENE,
        WARNING,
        _("Several findings were mitigated, as the control “%(control)s” asks."),
    ),
    News.DETECTION_ASSIGNED: (Topic.HYGIENE, INFO, _("%(by)s asks you to look after %(name)s (“%(control)s”).")),
    News.CONTACTS_REVIEW: (Topic.CONTACTS, INFO, _("The security contacts were last reviewed on %(reviewed_at)s.")),
    News.CONTACTS_MISSING: (Topic.CONTACTS, INFO, _("Nobody is named yet to be told of leaks besides the admins.")),
    News.WEBHOOK_DISABLED: (
        Topic.WEBHOOKS,
        WARNING,
        _("The webhook %(name)s is disabled: it took nothing for days. Last error: %(error)s."),
    ),
    News.WEBHOOK_GONE: (Topic.WEBHOOKS, WARNING, _("The webhook %(name)s is disabled: its address says it is gone.")),
    News.WEBHOOK_TEST: (Topic.WEBHOOKS, INFO, _("A test of the webhook %(name)s, asked for by %(by)s.")),
}

_WITHOUT_A_PLACE = {
    News.CREDENTIAL_LEAKED: _("%(name)s (…%(last4)s) leaked, and still lets programs in."),
    News.LEAK_QUARANTINED: _("%(name)s (…%(last4)s) leaked, and is blocked until somebody has looked."),
    News.LEAK_REVOKED: _("%(name)s (…%(last4)s) leaked, and is revoked."),
    News.LEAK_OF_ENDED: _("%(name)s (…%(last4)s) leaked. It had ended before and lets nobody in."),
    News.SEEN_IN_BROWSER: _(
        "The API key %(name)s (…%(last4)s) came from a browser and was refused. Put a client token there."
    ),
}
"""What is said where nobody knows the place."""
_OURS = {
    News.DETECTIONS_FOUND: "name",
    News.MITIGATION_AHEAD: "control",
    News.DETECTION_MITIGATED: "control",
    News.MITIGATIONS_AHEAD: "control",
    News.DETECTIONS_MITIGATED: "control",
    News.DETECTION_ASSIGNED: "control",
}
"""The word that is a name of ours and not of theirs, kept in English: it is said in the reader's language too."""


def _spelled(name: str, word: str) -> str:
    moment = parse_datetime(word) if name.endswith("_at") else None
    return _moment(moment) if moment else word


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), pgettext("date and time in full", "j F Y, H:i T"))
