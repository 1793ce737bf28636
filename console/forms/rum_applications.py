"""RUM applications, what their client tokens may be used for, and the terms of their proxies."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.forms.nonces import NonceForm
from keys.kinds import CLIENT_TOKEN, Track
from keys.models import ApplicationType, ClientTokenUse, RumApplication, RumProxy

TYPES: dict[ApplicationType, str | Promise] = {
    ApplicationType.BROWSER: _("Browser"),
    ApplicationType.IOS: "iOS",
    ApplicationType.ANDROID: "Android",
    ApplicationType.REACT_NATIVE: "React Native",
    ApplicationType.FLUTTER: "Flutter",
    ApplicationType.ROKU: "Roku",
    ApplicationType.ELECTRON: "Electron",
    ApplicationType.UNITY: "Unity",
    ApplicationType.KOTLIN_MULTIPLATFORM: "Kotlin Multiplatform",
}
"""What each type is called. Names of products are the same in every language."""

TRACKS: dict[Track, Promise] = {Track.LOGS: _("Logs"), Track.RUM: _("RUM events")}
"""What each thing is called that a client token may send."""

_AS_TYPED = {"autocomplete": "off", "spellcheck": "false"}


class RumApplicationForm(NonceForm):
    """Name and type."""

    name = forms.CharField(
        label=_("Name"),
        max_length=1000,
        help_text=_("The site or app, like storefront-web. Its client token gets the same name."),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )
    type = forms.ChoiceField(
        label=_("Type"),
        choices=[(kind.value, label) for kind, label in TYPES.items()],
        initial=ApplicationType.BROWSER.value,
    )

    @property
    def chosen_type(self) -> ApplicationType:
        """The type of a valid form."""
        return ApplicationType(self.cleaned_data["type"])


class UseForm(forms.Form):
    """Whose pages carry a client token, what they may send, and from where."""

    sends = forms.MultipleChoiceField(
        label=_("May send"),
        error_messages={"required": _("Choose logs, RUM events or both.")},
        choices=[(track.value, TRACKS[track]) for track in CLIENT_TOKEN.sends],
        widget=forms.CheckboxSelectMultiple,
    )
    origins = forms.CharField(
        label=_("Allowed origins"),
        required=False,
        max_length=20_000,
        help_text=_(
            "One a line, like https://shop.example.com or https://*.example.com. Without any, it may be used from"
            " everywhere."
        ),
        widget=forms.Textarea(attrs={"rows": 4, **_AS_TYPED}),
    )

    field_order = ("application", "sends", "origins")

    def __init__(self, applications: QuerySet[RumApplication], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"] = forms.ModelChoiceField(
            applications,
            label=_("Application"),
            required=False,
            empty_label=_("None"),
            error_messages={"invalid_choice": _("Choose an application from the list.")},
        )
        self.order_fields(self.field_order)

    @staticmethod
    def as_it_stands(use: ClientTokenUse) -> dict[str, Any]:
        """The form's first values."""
        return {"application": use.application_id, "sends": use.sends, "origins": "\n".join(use.origins)}

    def asked(self) -> dict[str, Any]:
        """What a valid form says, as `client_tokens.set_use` takes it."""
        application = self.cleaned_data["application"]
        return {
            "application_id": application and application.pk,
            "sends": [Track(value) for value in self.cleaned_data["sends"]],
            "origins": self.cleaned_data["origins"].splitlines(),
        }


class NeverShown(forms.Textarea):
    """For a text that no page shows, not even to whoever just sent it."""

    def format_value(self, value: Any) -> str:
        return ""


class ProofForm(forms.Form):
    """What a visitor would send to the proxy."""

    proof = forms.CharField(
        label=_("A visitor’s proof"),
        max_length=10_000,
        help_text=_("It is judged and forgotten."),
        widget=NeverShown(attrs={"rows": 3, **_AS_TYPED}),
    )


class ProxyForm(forms.Form):
    """The terms of an authenticated proxy."""

    is_open = forms.BooleanField(
        label=pgettext_lazy("a door", "Open"),
        required=False,
        help_text=_("Whoever proves that they signed in may send through it."),
    )
    jwks_url = forms.CharField(
        label=_("Address of your site’s public keys (JWKS)"),
        required=False,
        max_length=2000,
        help_text=_("For proofs signed by RS256, ES256 and the like. Safest: nothing secret is kept here."),
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://…/.well-known/jwks.json", **_AS_TYPED}
        ),
    )
    shared_key = forms.CharField(
        label=_("Shared key"),
        required=False,
        strip=False,
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    issuer = forms.CharField(
        label=_("Issuer"),
        required=False,
        max_length=2000,
        help_text=_("What the proof’s iss must say."),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )
    audience = forms.CharField(
        label=_("Audience"),
        required=False,
        max_length=2000,
        help_text=_("What the proof’s aud must say."),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )
    cookie = forms.CharField(
        label=_("Name of the cookie"),
        required=False,
        max_length=2000,
        help_text=_("Where the proof may come in, beside the Authorization header and the visitor parameter."),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )

    def __init__(self, proxy: RumProxy, *args: Any, **kwargs: Any) -> None:
        terms = {name: getattr(proxy, name) for name in ("is_open", "jwks_url", "issuer", "audience", "cookie")}
        super().__init__(*args, initial=terms, **kwargs)
        self.fields["shared_key"].help_text = self._about_the_key(is_set=proxy.shared_key is not None)

    def _about_the_key(self, *, is_set: bool) -> Promise:
        if self.is_bound and self.data.get("shared_key"):
            return _("It is never shown again: type it once more.")
        if is_set:
            return _("A key is set. Leave this empty to keep it; it is never shown again.")
        return _("For proofs signed by HS256: at least 32 characters that only your site knows.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("jwks_url") and cleaned.get("shared_key"):
            self.add_error("shared_key", _("Give either the address of the keys or a shared key."))
        return cleaned
