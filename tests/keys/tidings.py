"""What the tests of telling tell people of."""

from audit.log import Target

CI = Target("api_key", "11111111-1111-4111-8111-111111111111", "ci")
LEAK = {"last4": "abcd", "where": "github.com/acme/site"}
