"""Settings: the table in the README is the truth, and production refuses what is unsafe."""

import re
from pathlib import Path

import pytest

from portal.settings import Settings, UnsafeSettings

README = Path(__file__).parent.parent / "README.md"
SAFE = {
    "env": "production",
    "secret_key": "kJ8-2fQx7Lw0zRt5Vb9Nc3Hm6Yp1Sd4G",
    "base_url": "https://advocates.example.com",
}


def settings(**changes):
    return Settings(**{**SAFE, **changes})


def test_the_readme_names_every_setting_and_no_other():
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README.read_text(), re.MULTILINE))
    known = {field.validation_alias for field in Settings.model_fields.values()}
    assert named == known


def test_the_readme_gives_the_defaults():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^`|]+?)`? \|", README.read_text(), re.MULTILINE))
    for field in Settings.model_fields.values():
        default = field.default
        expected = "none" if default in (None, []) else "off" if default is False else str(default)
        assert rows[field.validation_alias] == expected


def test_safe_settings_start():
    settings().check()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_key": None}, "SECRET_KEY"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"secret_key": "a" * 64}, "SECRET_KEY"),
        ({"debug": True}, "FLASK_DEBUG"),
        ({"base_url": "http://advocates.example.com"}, "PORTAL_BASE_URL"),
    ],
)
def test_production_refuses_an_unsafe_setting_by_its_name(changes, named):
    with pytest.raises(UnsafeSettings, match=named):
        settings(**changes).check()


def test_demo_sign_in_exists_only_in_the_demo():
    assert not settings().demo
    assert settings(env="demo").demo


def test_outside_production_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    made = settings(env="development", secret_key=None, instance=tmp_path).signing_keys
    assert settings(env="development", secret_key=None, instance=tmp_path).signing_keys == made
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
