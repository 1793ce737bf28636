"""What the tests of telling tell people of."""

from datetime import UTC, datetime

from audit.log import Target

MORNING = datetime(2026, 3, 4, 6, 30, tzinfo=UTC)
CI = Target("api_key", "11111111-1111-4111-8111-111111111111", "ci")
LEAK = {"last4": "abcd", "where": "github.com/acme/site"}
