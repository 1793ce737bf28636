"""Every component on one page, for those who work on the look. Routed in DEBUG only."""

from django.http import HttpResponse

from console.access import public
from console.pages import page
from console.requests import ConsoleRequest
from keys.usage import periods
from keys.usage.reports import Bucket, Series, Source, Sparkline, Tally, Top
from keys.verification import Outcome


@public
def styleguide(request: ConsoleRequest) -> HttpResponse:
    """The components, with made-up data."""
    days = tuple(70 + 9 * (n % 5) if n % 7 < 5 else 0 for n in range(28))
    starts = periods.DEFAULT.starts(request.now)
    context = {
        "sparkline": Sparkline(days),
        "series": Series(
            period=periods.DEFAULT,
            buckets=tuple(Bucket(start, good, good // 11) for start, good in zip(starts, days, strict=True)),
            outcomes=(Tally(Outcome.VALID, 1760, 0.93), Tally(Outcome.REVOKED, 132, 0.07)),
        ),
        "networks": Top((Source("203.0.113.0/24", 1760, 132, request.now, 1.0),), distinct=14, users=14),
    }
    return page(request, "styleguide.html", context)
