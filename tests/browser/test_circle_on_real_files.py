"""The circle on an installation filled by `create-admin`, four real CRM files and people's clicks alone."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import steps

ADMIN, REP, CUSTOMER = "olivia.marsh@vendor.example", "moses.frase@vendor.example", "dana.whitfield@customer.example"
FILES = (
    ("companies", "accounts.csv"),
    ("people", "sales_teams.csv", "--role", "sales"),
    ("products", "products.csv"),
    ("opportunities", "sales_pipeline.csv"),
)


@pytest.fixture
def crm() -> Path:
    root = Path(__file__).parents[2]
    folder = Path(os.environ.get("PORTAL_REAL_DATA", root / "../shared/data")).resolve() / "crm"
    missing = [file for _kind, file, *_rest in FILES if not (folder / file).exists()]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"the real files {', '.join(missing)} are not in {folder}; set PORTAL_REAL_DATA")
    assert not missing, f"CI needs the real files {missing} in {folder}"
    return folder


def deal_of(crm: Path, rep: str) -> dict[str, str]:
    """An open opportunity of the rep with a company, as the file has it."""
    with (crm / "sales_pipeline.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sales_agent"] == rep and row["account"]]
    return next(row for row in rows if row["deal_stage"] == "Engaging")


def test_the_circle(real, window, crm):
    admin, moses, dana = window(real), window(real), window(real, width=390)
    deal = deal_of(crm, "Moses Frase")
    link = re.search(r"http\S+", real.command("create-admin", ADMIN))
    assert link is not None
    steps.accept_invitation(admin, link.group(), name="Olivia Marsh")
    for kind, file, *rest in FILES:
        real.command("import", kind, str(crm / file), *rest)

    invite_rep(admin, "Moses Frase")
    steps.accept_invitation(moses, real.letter(REP, subject="You are invited").link)
    steps.make_challenge(admin, "Tell us how it went", (50, 450))
    steps.make_reward(admin, "An hour with engineering", 400)

    nominate(admin, "Dana Whitfield", "Betasoloin")
    steps.accept_invitation(dana, real.letter(CUSTOMER, subject="You are invited").link)
    steps.do_challenge(dana, "Tell us how it went")
    steps.open_in_queue(admin, "Dana Whitfield", "Tell us how it went")
    steps.approve(admin)
    assert steps.NOTE in real.letter(CUSTOMER, subject="+500 for").text
    dana.open("/")
    assert steps.points(dana) == 500
    steps.agree_to_calls(dana)

    moses.open("/sales")
    moses.page.locator("#q").fill(deal["opportunity_id"])
    moses.click("Search")
    moses.page.locator("#deals").get_by_role("link").first.click()
    moses.sees(deal["account"])
    moses.sees(deal["opportunity_id"])
    steps.ask_for_deal(moses, "D. W.")
    request = moses.page.url
    assert CUSTOMER not in moses.page.content()

    dana.open(real.letter(CUSTOMER, subject="would like 30 minutes").link)
    dana.click("Accept")
    dana.sees(deal["account"])
    moses.open(real.letter(REP, subject="D. W. accepted").link)
    assert moses.page.url == request
    moses.sees(CUSTOMER)
    moses.click("It took place")
    earned = real.letter(CUSTOMER, subject=f"Thank you for talking to {deal['account']}").subject
    paid = int(re.sub(r"\D", "", earned.split(".")[0]))
    dana.open("/points")
    dana.sees(deal["account"])
    assert steps.points(dana) == 500 + paid

    steps.redeem(dana, "An hour with engineering")
    order = dana.page.url
    steps.fulfil(admin, "Dana Whitfield", "An hour with engineering", "Thursday at ten, the invite is in your mail.")
    assert "Thursday at ten" in real.letter(CUSTOMER, subject="Delivered").text
    dana.open(order)
    dana.sees("Thursday at ten")
    assert steps.points(dana) == 100 + paid
    assert "All is well" in real.command("check")


def invite_rep(admin, name: str) -> None:
    """Find a rep of the file, and invite them at an address."""
    admin.open("/admin/people")
    admin.page.locator("#q").fill(name)
    admin.click("Search")
    admin.page.locator("#known").get_by_role("link", name=name).click()
    card = admin.page.locator("#invitations")
    card.get_by_label("As").select_option("sales")
    card.get_by_label("To the address").fill(REP)
    card.get_by_role("button", name="Invite").click()
    expect(card).to_contain_text(REP)


def nominate(admin, name: str, company: str) -> None:
    """Nominate a customer of a company of the file, and approve it."""
    admin.open("/admin/nominations/new")
    page = admin.page
    page.get_by_label("Their name").fill(name)
    page.get_by_label("E-mail").fill(CUSTOMER)
    page.get_by_label("Their job title").fill("Head of operations")
    page.get_by_label("Their company").fill(company)
    page.locator("textarea[name=reason]").fill("They told three others about it.")
    page.get_by_role("button", name="Nominate").click()
    admin.open("/admin/nominations")
    page.locator("#nominations").get_by_role("link", name=name).click()
    page.get_by_label("Note").fill("Glad to have them.")
    page.get_by_role("button", name="Approve and invite").click()
    admin.sees("Dana Whitfield is invited.")
