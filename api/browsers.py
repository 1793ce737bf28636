"""Whether a request comes from a page in a browser, where everybody can read what it carries."""

from collections.abc import Mapping

MARKS = ("origin", "sec-fetch-site", "sec-fetch-dest")
"""Headers that browsers send and pages cannot leave out. Not Sec-Fetch-Mode: the fetch of Node.js sends it too."""


def is_browser(headers: Mapping[str, str], evp_origin: str = "") -> bool:
    """By the headers, whose names are lower-case or in any case, and by what Datadog's SDKs call `dd-evp-origin`."""
    return evp_origin == "browser" or any(headers.get(mark) for mark in MARKS)
