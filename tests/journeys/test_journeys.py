"""What people come to do, done in a real browser; where it matters, without JavaScript too."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from accounts.builtin_roles import ADMIN, AUDITOR
from tests.journeys.conftest import DEMO_PASSWORD, sign_in

KINDS = (
    "api-keys",
    "application-keys",
    "client-tokens",
    "personal-access-tokens",
    "service-access-tokens",
)
INLINE = {"api-keys", "client-tokens"}
SCRIPTED = pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])


def create(page, slug, name):
    """Create one of the kind the way its section offers; the secret as the dialog shows it."""
    if slug == "service-access-tokens":
        make_service_account(page)
    page.goto(f"/apis/#{slug}")
    if slug in INLINE:
        page.fill(f"#{slug} [name=name]", name)
        page.click(f"#{slug} .create button")
    else:
        page.click(f"#{slug} .sec-head a.btn")
        page.fill("[name=name]", name)
        page.click("button[name=preset][value=read-dashboards]")
        page.click("aside button.primary")
    return page.locator("#issued-text").text_content()


def make_service_account(page):
    page.goto("/service-accounts/new/")
    page.fill("[name=name]", "pipeline")
    page.fill("[name=email]", "pipeline@journey.example")
    page.get_by_label("Standard").check()
    page.click("main form button.primary")
    page.wait_for_url(lambda url: "/new/" not in url)


def store(page):
    page.check("#stored")
    page.click("dialog .gate")
    page.wait_for_selector("#issued", state="detached")


def valid(server, key):
    request = urllib.request.Request(f"{server.url}/api/v1/validate", headers={"DD-API-KEY": key})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer) == {"valid": True}
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 403
        return False


@SCRIPTED
@pytest.mark.parametrize("slug", KINDS)
def test_create_rename_and_revoke(slug, javascript, admin):
    page = admin(javascript=javascript)
    secret = create(page, slug, "journey-key")
    assert len(secret) >= 32
    page.click("dialog .gate")
    assert page.locator("#issued-text").count(), "Done waits for the box to be ticked"
    store(page)
    row = page.locator(f"#{slug} tr", has_text="journey-key")
    expect(row).to_be_visible()
    if slug != "client-tokens":
        assert secret not in page.content()

    row.hover()
    row.locator("[aria-label^=Rename]").click()
    page.locator("input[name=name][id^=rename]").fill("renamed-key")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="renamed-key", exact=True).or_(page.locator("h1", has_text="renamed-key")).wait_for()

    page.goto("/apis/")
    page.locator(f"#{slug} tr", has_text="renamed-key").locator("a.danger").click()
    page.click("#revoke button.danger")
    expect(page.locator("body")).to_contain_text("renamed-key is revoked.")
    assert not page.locator(f"#{slug} tr", has_text="renamed-key").count()


def test_copy_puts_the_secret_on_the_clipboard_and_closing_forgets_it(admin):
    page = admin(permissions=["clipboard-read", "clipboard-write"])
    secret = create(page, "api-keys", "copied-key")

    page.click("dialog [data-copy='#issued-text']")

    assert page.evaluate("navigator.clipboard.readText()") == secret
    store(page)
    page.evaluate("() => { setTimeout(() => history.back()) }")  # it may be gone before it could answer
    page.wait_for_timeout(500)
    assert secret not in page.content()


def test_the_sixth_key_is_refused_asked_for_granted_and_created(admin, open_browser, company):
    page = admin()
    for number in range(4):
        create(page, "api-keys", f"key-{number}")
        store(page)
    expect(page.locator("#api-keys")).to_contain_text("The limit is reached.")
    page.click("#api-keys .limit a")
    page.fill("[name=wanted]", "8")
    page.fill("[name=reason]", "One key for each of eight teams.")
    page.click("main form button.primary")

    support = sign_in(open_browser(), "sam.reed@keyhouse.example", DEMO_PASSWORD)
    support.goto("/support/requests/")
    support.locator("tr, li", has_text=company.name).get_by_role("link").first.click()
    support.fill("[name=granted]", "6")
    support.locator("form:has([name=granted]) [name=answer]").fill("Six for now.")
    support.locator("form:has([name=granted]) button.primary").click()
    support.wait_for_load_state()

    create(page, "api-keys", "the sixth")
    store(page)
    page.goto("/limits/")
    expect(page.locator("main")).to_contain_text("Six for now.")


def test_disabling_a_member_ends_their_keys_and_leaves_the_organisations(admin, colleague, company, server):
    page = admin()
    bea = colleague(page, "bea@journey.example", ADMIN, "Bea Leaver")
    create(bea, "application-keys", "beas-own-key")
    store(bea)
    left_behind = create(bea, "api-keys", "beas-gift")
    store(bea)

    page.goto("/members/?q=bea")
    page.get_by_role("link", name="Bea Leaver").first.click()
    page.locator("a[href$='/disable/']").click()
    expect(page.locator("main")).to_contain_text("beas-own-key")
    expect(page.locator("main")).to_contain_text("beas-gift")
    page.locator("form[action$='/disable/'] button.danger, form button.danger.solid").first.click()

    page.goto("/apis/")
    expect(page.locator("main")).not_to_contain_text("beas-own-key")
    expect(page.locator("main")).to_contain_text("beas-gift")
    assert valid(server, left_behind)
    bea.goto("/apis/")
    assert "/accounts/login/" in bea.url


def test_the_auditor_sees_everything_and_can_change_nothing(admin, colleague):
    page = admin()
    create(page, "api-keys", "seen-by-all")
    store(page)
    vera = colleague(page, "vera@journey.example", AUDITOR, "Vera Auditor")

    for path in ("/apis/", "/members/", "/service-accounts/", "/limits/", "/audit/"):
        vera.goto(path)
        assert vera.locator("main form[method=post]").count() == 0, path
        assert vera.locator("main a[href*='/new/'], main a[href*='/revoke/'], main a[href*='/disable/']").count() == 0
    expect(vera.locator("main")).to_contain_text("seen-by-all")


def test_the_console_speaks_the_persons_language(admin):
    page = admin()
    page.goto("/profile/")
    page.select_option("[name=language]", "ja")
    page.locator("form:has([name=language]) button.primary").click()

    page.goto("/apis/")

    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("#api-keys")).to_contain_text("API キーを作成")


def test_everything_can_be_done_with_the_keyboard(admin):
    page = admin()
    page.goto("/apis/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    tab_to(page, "#api-keys-name")
    page.keyboard.type("typed-key")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog:modal")
    assert page.evaluate("document.activeElement.dataset.copy") == "#issued-text"
    tab_to(page, "#stored")
    page.keyboard.press("Space")
    tab_to(page, ".gate")
    page.keyboard.press("Enter")
    page.wait_for_selector("#issued", state="detached")

    row = page.locator("#api-keys tr", has_text="typed-key")
    tab_to(page, f"#{row.locator('a.danger').get_attribute('id')}")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog:modal")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.evaluate("document.activeElement !== document.body")


def tab_to(page, selector, most=120):
    """Press Tab until the element has the focus."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


def test_the_expired_session_leads_to_the_sign_in_page_and_not_into_a_cell(admin):
    page = admin()
    create(page, "api-keys", "left-open")
    store(page)
    page.context.clear_cookies()

    page.locator("#api-keys a.danger").first.click()

    page.wait_for_url(lambda url: "/accounts/login/" in url)
