"""Webhooks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from console.forms.nonces import NonceForm
from keys.telling import Topic


class WebhookForm(NonceForm):
    """A name, an address, and what it hears of."""

    name = forms.CharField(
        label=_("Name"),
        max_length=1000,
        help_text=_("Who listens there, like security-channel."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("Where each piece of news is posted to, like https://hooks.example.com/keyhouse."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics"), choices=[(topic.value, topic.label) for topic in Topic], widget=forms.CheckboxSelectMultiple
    )
