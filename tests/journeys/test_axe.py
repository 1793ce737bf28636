"""The accessibility rules of axe on every page: in both themes, wide and narrow, and in every language."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.conftest import DEMO_PASSWORD, sign_in

pytestmark = pytest.mark.axe

FAULTS = {"resultTypes": ["violations"]}
"""What passes is not listed node by node: twice as fast."""

RULES = FAULTS | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ADMIN, SUPPORT = "aiko.tanaka@acme.example", "sam.reed@keyhouse.example"
PAGES = {
    None: ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/invitations/unknown/"],
    ADMIN: [
        "/apis/",
        "/apis/?q=nothing-matches-this",
        "/apis/?state=attention",
        "/apis/?state=in_browser",
        "/apis/application-keys/",
        "/apis/application-keys/?state=inactive",
        "/apis/api-keys/new/",
        "/apis/application-keys/new/",
        "/apis/personal-access-tokens/new/",
        "/members/",
        "/members/invite/",
        "/members/roles/",
        "/members/roles/new/",
        "/rum-applications/",
        "/rum-applications/?q=nothing-matches-this",
        "/rum-applications/new/",
        "/service-accounts/",
        "/service-accounts/new/",
        "/data-intake/",
        "/notifications/",
        "/notifications/choices/",
        "/webhooks/",
        "/webhooks/new/",
        "/timed-work/",
        "/limits/",
        "/limits/api-keys/ask/",
        "/policies/",
        "/policies/application-keys/",
        "/hygiene/",
        "/hygiene/overdue_rotation/",
        "/hygiene/unused_application_keys/",
        "/hygiene/unused_application_keys/settings/",
        "/hygiene/unknown_owners/mitigate/",
        "/usage/",
        "/usage/?period=24h",
        "/audit/",
        "/safety/",
        "/safety/?state=finished",
        "/safety/report/",
        "/safety/contacts/",
        "/profile/",
        "/accounts/password/change/",
        "/accounts/logout/",
        "/reference/",
        "/reference/application-keys/",
        "/reference/audit/",
        "/reference/rum/",
        "/help/",
        "/nowhere/",
    ],
    SUPPORT: ["/support/organizations/", "/support/requests/", "/timed-work/", "/profile/"],
}
FIRST_ROWS = {
    ADMIN: [
        "/apis/api-keys/",
        "/apis/api-keys/?state=in_browser",
        "/apis/application-keys/",
        "/apis/client-tokens/",
        "/apis/personal-access-tokens/",
        "/rum-applications/",
        "/rum-applications/?q=storefront",
        "/members/",
        "/members/roles/",
        "/members/roles/?q=responder",
        "/service-accounts/",
        "/webhooks/",
    ],
    SUPPORT: ["/support/organizations/", "/support/requests/"],
}


@pytest.fixture(scope="session")
def cookies(new_context):
    """Each person signs in once."""
    kept = {None: []}
    for email in (ADMIN, SUPPORT):
        context = new_context()
        sign_in(context.new_page(), email, DEMO_PASSWORD)
        kept[email] = context.cookies()
        context.close()
    return kept


@pytest.fixture
def visitor(cookies, open_browser):
    def opened(email, language):
        page = open_browser(locale=language)
        page.context.add_cookies(cookies[email])
        return page

    return opened


COLOURS = FAULTS | {"runOnly": ["color-contrast"]}
"""The slowest rule by far. Colours depend on the theme and on nothing else."""

LOOKS = {
    "en": ((1440, "light", RULES), (390, "dark", COLOURS)),
    "fr": ((1440, "dark", None), (390, "light", None)),
    "ja": ((1440, "light", None), (390, "dark", None)),
}
"""Width, theme and rules: a page is seen wide and narrow, in every language, and its colours in both themes. Whether
French, the longest, and Japanese, the tallest, fit is looked at, and nothing that English has not shown."""


def faults(page):
    """What axe finds on the page as it stands, in all its looks; and whether it overflows."""
    found, language = [], page.locator("html").get_attribute("lang")
    for width, scheme, rules in LOOKS[language]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [
            f"{fault['id']} on {page.url} {width} {scheme}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
            for fault in (Axe().run(page, options=rules).response["violations"] if rules else ())
        ]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{page.url} is wider than {width}")
    return found


def below(page, path):
    """The page of the list's first row, and those that hang below it."""
    page.goto(path)
    path = path.partition("?")[0]
    others = f"[href='{path}'], [href^='{path}?'], [href*='/new/'], [href*='/invite/']"
    first = page.locator(f"main a[href^='{path}']:not({others})").first
    first = first.get_attribute("href").partition("?")[0]
    page.goto(first)
    hrefs = page.locator("main a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return [first, *sorted({href for href in hrefs if href.startswith(first) and href != first})]


PARTS = 4
"""An admin's pages are looked at in so many parts, so that no worker is left with all of them."""

VISITS = {"anonymous": (None, 0, 1), "support": (SUPPORT, 0, 1)}
VISITS |= {f"admin-{part + 1}": (ADMIN, part, PARTS) for part in range(PARTS)}


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
@pytest.mark.parametrize("visit", VISITS)
def test_axe_finds_nothing_and_nothing_overflows(visit, language, visitor):
    email, part, parts = VISITS[visit]
    page = visitor(email, language)
    firsts = FIRST_ROWS.get(email, [])[part::parts]
    paths = [*PAGES[email][part::parts], *(path for first in firsts for path in below(page, first))]
    found = []
    for path in dict.fromkeys(paths):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language, path
        found += faults(page)
    assert not found


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_axe_finds_nothing_in_open_dialogs_and_refused_forms(language, visitor):
    page = visitor(ADMIN, language)
    page.goto("/apis/")
    page.locator("a.danger").first.click()
    page.wait_for_selector("dialog:modal")
    found = faults(page)
    page.goto("/apis/")
    page.fill("#client-tokens [name=name]", f"axe {language}")
    page.click("#client-tokens .create button")
    page.wait_for_selector("dialog:modal")
    found += faults(page)
    page.goto("/apis/application-keys/new/")
    page.click("aside button.primary")
    page.wait_for_selector("[aria-invalid=true]")
    found += faults(page)
    assert not found


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_axe_finds_nothing_about_a_leak_or_a_finding(language, visitor):
    page = visitor(ADMIN, language)
    page.goto("/hygiene/unknown_owners/")
    finding = page.locator("#detection-table .name a").first.get_attribute("href")
    page.goto("/safety/")
    leak = page.locator("#leak-table .name a").first.get_attribute("href")
    found = []
    for path in (finding, leak, f"{leak}dismiss/"):
        page.goto(path)
        found += faults(page)
    assert not found


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_axe_finds_nothing_where_a_proof_is_tried_and_terms_are_refused(language, visitor):
    page = visitor(ADMIN, language)
    page.goto("/rum-applications/?q=support")
    place = page.locator("main .name a").first.get_attribute("href") + "proxy/"
    page.goto(place)
    page.fill("[name=proof]", "no proof at all")
    page.click("#test button:not([type])")
    page.wait_for_selector("[role=alert]")
    found = faults(page)
    page.goto(place + "edit/")
    found += faults(page)
    page.fill("[name=cookie]", "no cookie")
    page.click("main .form-foot .primary")
    page.wait_for_selector("[aria-invalid=true]")
    found += faults(page)
    assert not found
