"""Secrets made in a journey are looked for everywhere they must not be."""

from tests.journeys.test_journeys import create, store

SECRET_KINDS = ("api-keys", "application-keys", "personal-access-tokens", "service-access-tokens")
PAGES = (
    "/apis/",
    "/apis/?q={}",
    "/members/",
    "/rum-applications/",
    "/service-accounts/",
    "/data-intake/",
    "/notifications/",
    "/webhooks/",
    "/timed-work/",
    "/audit/",
    "/safety/",
    "/limits/",
    "/profile/",
    "/apis/export.csv",
)


def test_no_secret_is_found_anywhere_but_in_the_one_answer(admin, server, company):
    page = admin(permissions=["clipboard-read", "clipboard-write"])
    secrets = [company.keys["api_key"], company.keys["application_key"]]
    for slug in SECRET_KINDS:
        secrets.append(create(page, slug, f"canary {slug}"))
        page.click("dialog [data-copy='#issued-text']")
        store(page)
    page.fill("main [name=name] >> nth=0", " ")
    page.goto("/apis/api-keys/")
    page.fill("#filter-q", "canary")
    page.wait_for_url(lambda url: "q=canary" in url)
    page.go_back()
    page.goto("/nowhere/")

    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    served = "".join(page.request.get(path.format(secrets[0][-4:])).text() for path in PAGES)
    stored = server.manage("dumpdata")
    written = b"".join(file.read_bytes() for file in server.data_dir.rglob("*") if file.is_file())

    for secret in secrets:
        assert secret not in kept
        assert secret not in served
        assert secret not in stored
        assert secret.encode() not in written
        assert secret not in server.log()
