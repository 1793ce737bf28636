"""Reading settings from the environment: each helper refuses nonsense and names the variable."""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _refuse(name: str, problem: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {problem}")


def text(name: str, default: str = "") -> str:
    """The variable as it stands, without surrounding white space."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool = False) -> bool:
    """True or false: 1/0, true/false, yes/no or on/off."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise _refuse(name, f"expected 1 or 0, got {value!r}.")


def number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    """A whole number between two bounds, both included."""
    value = text(name, str(default))
    try:
        parsed = int(value)
    except ValueError:
        raise _refuse(name, f"expected a whole number, got {value!r}.") from None
    if not at_least <= parsed <= at_most:
        raise _refuse(name, f"expected {at_least} to {at_most}, got {parsed}.")
    return parsed


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of networks or single addresses, such as 10.0.0.0/8,2001:db8::1."""
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as error:
        raise _refuse(name, f"expected networks like 10.0.0.0/8, but {error}.") from None


def rates(name: str, **defaults: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """(requests, seconds) by class, as in read=1000/60,write=300/60. Classes left out keep their default."""
    found = dict(defaults)
    for word in words(name):
        match = re.fullmatch(r"(\w+)=([1-9]\d{0,8})/([1-9]\d{0,4})", word)
        if match is None or match[1] not in defaults:
            known = ", ".join(f"{known}=requests/seconds" for known in defaults)
            raise _refuse(name, f"expected {known}, got {word!r}.")
        found[match[1]] = (int(match[2]), int(match[3]))
    return found


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one counts from the current folder."""
    return Path(text(name, str(default))).expanduser().resolve()


def web_address(name: str, default: str) -> str:
    """An http or https origin without a path, such as https://keys.example.com."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise _refuse(name, f"expected an origin like https://keys.example.com, got {value!r}.")
    return value


def address(name: str, default: str) -> str:
    """An http or https address, such as https://api.example.com/keys."""
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise _refuse(name, f"expected an address like https://api.example.com/keys, got {value!r}.")
    return value
