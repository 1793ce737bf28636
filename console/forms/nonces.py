"""What makes a form count once."""

import secrets
from typing import Any

from django import forms


class NonceForm(forms.Form):
    """A form that does what it says once, however often it is sent."""

    nonce = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("nonce", secrets.token_urlsafe(24))

    def clean_nonce(self) -> str:
        """What was sent; a form that came without one is like no other."""
        return self.cleaned_data["nonce"] or secrets.token_urlsafe(24)
