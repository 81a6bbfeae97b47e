"""The watch over pages is awake: each kind of fault, planted into a page, is found."""

from __future__ import annotations

import pytest

from tests.browser import looking

IN_THE_CONSOLE = {
    "an error in the console": "console.error('planted')",
    "an exception": "setTimeout(() => { throw new Error('planted') })",
    "a style against the policy": "document.body.setAttribute('style', 'color: red')",
    "a script against the policy": "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
    "a picture from elsewhere": "document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/a.png'}))",
    "something missing": "fetch('/static/missing.png')",
}
ON_THE_PAGE = {
    "too wide": "document.querySelector('h1').style.width = '3000px'",
    "no heading": "document.querySelector('h1').remove()",
    "no title": "document.title = ''",
}
FOR_AXE = {
    "a picture without words": "document.querySelector('main').append(new Image(9, 9))",
    "a field without a name": "document.querySelector('main').append(document.createElement('input'))",
    "pale on white": "document.querySelector('h1').style.color = '#eee'",
}


@pytest.mark.parametrize("deed", IN_THE_CONSOLE.values(), ids=list(IN_THE_CONSOLE))
def test_the_console_is_heard(deed, demo, window):
    stranger = window(demo)
    stranger.open("/terms")
    stranger.page.evaluate(f"() => {{ {deed} }}")
    for _wait in range(100):
        if stranger.faults:
            break
        stranger.page.wait_for_timeout(100)
    assert stranger.faults
    stranger.faults.clear()


def test_the_page_is_looked_at(demo, window):
    stranger = window(demo, width=390)
    for name, deed in ON_THE_PAGE.items():
        stranger.open("/terms")
        assert not looking.faults(stranger)
        stranger.page.evaluate(f"() => {{ {deed} }}")
        assert looking.faults(stranger), name
    for name, deed in FOR_AXE.items():
        stranger.open("/terms")
        assert not looking.barriers(stranger)
        stranger.page.evaluate(f"() => {{ {deed} }}")
        assert looking.barriers(stranger), name
