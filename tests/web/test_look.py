"""The look keeps what it promises: readable colours, budgets, one sprite, no inline style or script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import templates_check

CSS = Path(__file__).resolve().parents[2] / "portal" / "static" / "css"
# text or shape, ground, least contrast (WCAG 2.2: 4.5 for text, 3 for what shapes a control; 7 for what is read long)
PAIRS = [
    ("text", "bg", 7),
    ("text", "surface", 7),
    ("text", "brand-soft", 7),
    ("text", "gold-soft", 7),
    ("text-2", "bg", 4.5),
    ("text-2", "surface", 4.5),
    ("text-2", "surface-2", 4.5),
    ("text-2", "surface-3", 4.5),
    ("text-3", "bg", 4.5),
    ("text-3", "surface", 4.5),
    ("text-3", "surface-2", 4.5),
    ("on-brand", "brand", 4.5),
    ("on-brand", "brand-hover", 4.5),
    ("brand-text", "bg", 4.5),
    ("brand-text", "surface", 4.5),
    ("brand-text", "brand-soft", 4.5),
    ("brand", "bg", 3),
    ("brand", "surface", 3),
    ("on-gold", "gold", 4.5),
    ("line-strong", "bg", 3),
    ("line-strong", "surface", 3),
    *((f"{tone}-text", f"{tone}-soft", 4.5) for tone in ("gold", "ok", "warn", "bad", "info")),
    *((f"{tone}-text", "surface", 4.5) for tone in ("gold", "ok", "warn", "bad", "info")),
    *((tone, "surface", 3) for tone in ("ok", "bad", "info")),
]


def colours(theme: int) -> dict[str, str]:
    """The colour tokens of a theme: 0 light, 1 dark."""
    found = {}
    for name, value in re.findall(r"--([a-z0-9-]+): ([^;]+);", (CSS / "tokens.css").read_text()):
        codes = re.findall(r"#[0-9a-f]{6}\b", value)
        if codes:
            found.setdefault(name, codes[min(theme, len(codes) - 1)])
    return found


def brightness(code: str) -> float:
    parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS, ids=str)
def test_every_pair_of_colours_can_be_read(ink, ground, least, theme):
    tokens = colours(theme)
    dark, light = sorted((brightness(tokens[ink]), brightness(tokens[ground])))
    assert (light + 0.05) / (dark + 0.05) >= least


def test_templates_style_sheets_and_lock_keep_their_rules():
    assert templates_check.problems() == []


@pytest.mark.parametrize("state", ["", "errors", "party"])
def test_the_style_guide_shows_every_element(app, clean, state):
    answer = app.test_client().get("/styleguide", query_string={"state": state})
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<script>|<style", page)
    assert ('aria-invalid="true"' in page) == (state == "errors")
    assert ("data-dialog-now" in page) == (state == "party")


def test_an_error_names_its_field_and_the_summary_leads_to_it(app, clean):
    page = app.test_client().get("/styleguide?state=errors").get_data(as_text=True)
    assert '<a href="#mail">Work e-mail</a>' in page
    assert re.search(r'<input[^>]*aria-describedby="mail-hint mail-error"[^>]*>', page)
    assert 'id="mail-error"' in page
    assert 'id="mail-hint"' in page


def test_shortcuts_and_toasts_have_no_script_in_the_page(app, clean):
    page = app.test_client().get("/styleguide").get_data(as_text=True)
    assert 'data-key="a" aria-keyshortcuts="A"' in page
    assert '<template id="toast-template">' in page
