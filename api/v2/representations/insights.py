"""Governance insights: questions about the organization that a client answers by asking the audit trail."""

import msgspec


class AuditCompute(msgspec.Struct, kw_only=True):
    """How many there are: of everything, in the whole time."""

    aggregation: str = "count"
    interval: int
    metric: str = "count"


class InsightAuditQuery(msgspec.Struct, kw_only=True):
    """What to send to /api/v2/audit/events/search."""

    compute: AuditCompute
    indexes: tuple[str, ...] = ("*",)
    query: str
    source: str = "audit"


class QueryConfig(msgspec.Struct, kw_only=True):
    comparison_shift: str = "month"
    effective_time_window_days: int = 30
    default_value: int = 0
    directionality: str


class InsightAttributes(msgspec.Struct, kw_only=True):
    """`audit_query` is what its value is computed from."""

    display_name: str
    description: str
    product: str
    sub_product: str = ""
    time_range: str = "30d"
    unit_name: str
    query_config: QueryConfig
    audit_query: InsightAuditQuery


class Insight(msgspec.Struct, tag_field="type", tag="insight", kw_only=True):
    """A figure, and the query behind it."""

    id: str
    attributes: InsightAttributes


class InsightsDocument(msgspec.Struct):
    data: list[Insight]


MONTH_MS = 30 * 24 * 60 * 60 * 1000


def _insight(slug: str, name: str, description: str, product: str, unit: str, query: str, better: str) -> Insight:
    attributes = InsightAttributes(
        display_name=name,
        description=description,
        product=product,
        unit_name=unit,
        query_config=QueryConfig(directionality=better),
        audit_query=InsightAuditQuery(compute=AuditCompute(interval=MONTH_MS), query=query),
    )
    return Insight(id=slug, attributes=attributes)


INSIGHTS = (
    _insight(
        "api_keys_created",
        "API keys created",
        "How many API keys were created in 30 days.",
        "API Keys",
        "key",
        "@evt.name:Authentication @action:created @asset.type:api_key",
        "neutral",
    ),
    _insight(
        "api_keys_revoked",
        "API keys revoked",
        "How many API keys were revoked in 30 days.",
        "API Keys",
        "key",
        "@evt.name:Authentication @action:deleted @asset.type:api_key",
        "neutral",
    ),
    _insight(
        "application_keys_created",
        "Application keys created",
        "How many application keys were created in 30 days.",
        "Application Keys",
        "key",
        "@evt.name:Authentication @action:created @asset.type:application_key",
        "neutral",
    ),
    _insight(
        "sign_ins_refused",
        "Refused sign-ins",
        "How many sign-ins were refused in 30 days.",
        "Users",
        "sign-in",
        "@evt.name:Authentication @action:login @status:warn",
        "decrease_better",
    ),
    _insight(
        "governance_changes",
        "Changes in the governance console",
        "How many findings were assigned, excepted or mitigated, and controls changed, in 30 days.",
        "Governance",
        "change",
        "@evt.name:Governance",
        "neutral",
    ),
)
