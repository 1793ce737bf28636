"""Datadog's browser SDKs, as npm has them, in a real Chromium, against the real server."""
