"""What the API takes of leaks."""

from typing import Annotated, Literal

from msgspec import Meta

from api.v2.payloads.shapes import Strict

MOST = 100
"""How many a request may report: as many as fit a body of the API, whatever their addresses."""


class LeakReportAttributes(Strict, frozen=True):
    """A text that was found, the address where, and what sort of place that is."""

    token: Annotated[str, Meta(min_length=1, max_length=1000)]
    url: Annotated[str, Meta(max_length=2000)] = ""
    source: Annotated[str, Meta(max_length=64)] = ""

    def __repr__(self) -> str:
        return f"LeakReportAttributes({self.source!r})"


class LeakReportData(Strict, frozen=True):
    type: Literal["leak_reports"]
    attributes: LeakReportAttributes


class LeakReports(Strict, frozen=True):
    """Texts that were found where they must not be."""

    data: Annotated[list[LeakReportData], Meta(min_length=1, max_length=MOST)]
