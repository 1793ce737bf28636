"""The names of the permission areas, for translation, and the areas with what each lets a credential do."""

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from accounts.permissions import CATALOGUE, DEPRECATED, CatalogueEntry

NAMES = (
    gettext_noop("API and Application Keys"),
    gettext_noop("APM"),
    gettext_noop("Access Management"),
    gettext_noop("App Builder & Workflow Automation"),
    gettext_noop("Application Security"),
    gettext_noop("Assistant"),
    gettext_noop("Billing and Usage"),
    gettext_noop("Bits AI"),
    gettext_noop("Case and Incident Management"),
    gettext_noop("Cloud Cost Management"),
    gettext_noop("Cloud Network Monitoring"),
    gettext_noop("Cloud Security Platform"),
    gettext_noop("CoTerm"),
    gettext_noop("Compliance"),
    gettext_noop("Containers"),
    gettext_noop("Cross-Product Features"),
    gettext_noop("DDSQL Editor"),
    gettext_noop("Dashboards"),
    gettext_noop("Data Streams Monitoring"),
    gettext_noop("Database Monitoring"),
    gettext_noop("Disaster Recovery"),
    gettext_noop("Error Tracking"),
    gettext_noop("Events"),
    gettext_noop("Feature Flags"),
    gettext_noop("Fleet Automation"),
    gettext_noop("General"),
    gettext_noop("Infrastructure"),
    gettext_noop("Integrations"),
    gettext_noop("LLM Observability"),
    gettext_noop("Log Management"),
    gettext_noop("MCP"),
    gettext_noop("Metrics"),
    gettext_noop("Monitors"),
    gettext_noop("Network Device Monitoring"),
    gettext_noop("Notebooks"),
    gettext_noop("Observability Pipelines"),
    gettext_noop("On-Call"),
    gettext_noop("Orchestration"),
    gettext_noop("Processes"),
    gettext_noop("Product Analytics"),
    gettext_noop("Real User Monitoring"),
    gettext_noop("Reference Tables"),
    gettext_noop("Serverless"),
    gettext_noop("Service Level Objectives"),
    gettext_noop("Sheets"),
    gettext_noop("Software Delivery"),
    gettext_noop("Status Pages"),
    gettext_noop("Synthetic Monitoring"),
    gettext_noop("Teams"),
    gettext_noop("Watchdog"),
)


@dataclass(frozen=True)
class Area:
    """The permissions of one area: those that read and those that change something."""

    key: str
    reads: tuple[CatalogueEntry, ...]
    writes: tuple[CatalogueEntry, ...]

    @property
    def label(self) -> str:
        """The area's name in the reader's language."""
        return gettext(self.key)

    @property
    def entries(self) -> tuple[CatalogueEntry, ...]:
        """All permissions of the area, readers first."""
        return self.reads + self.writes


def _areas() -> tuple[Area, ...]:
    live = [entry for entry in CATALOGUE.values() if entry.name not in DEPRECATED]
    return tuple(
        Area(
            key=name,
            reads=tuple(entry for entry in live if entry.area == name and entry.type == "read"),
            writes=tuple(entry for entry in live if entry.area == name and entry.type != "read"),
        )
        for name in NAMES
        if any(entry.area == name for entry in live)
    )


AREAS = _areas()
