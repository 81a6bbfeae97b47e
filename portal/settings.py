"""Every setting of an installation: typed, documented, from the environment, checked at start."""

from __future__ import annotations

import re
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_WEAK = {"secret", "changeme", "change-me", "dev", "development", "password", "default"}


class UnsafeSettings(Exception):  # noqa: N818 -- it is shown to operators, as a sentence
    """The settings would make a production installation unsafe; its text names each one and the remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """What an operator may set. Names in the environment are the field names in capitals, or the alias."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    env: Literal["production", "development", "demo", "test"] = Field(
        default="production", validation_alias="PORTAL_ENV"
    )
    """`production` refuses unsafe settings; `development` and `test` relax them; `demo` adds the demo's doors."""
    instance: Path = Field(default=Path("instance"), validation_alias="PORTAL_INSTANCE")
    """Folder of all state: embedded database, uploaded files, mail that was not sent."""
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """Your PostgreSQL (15 or later); without it the portal starts its own in the instance folder."""
    secret_key: SecretStr | None = Field(default=None, validation_alias="SECRET_KEY")
    """Signs cookies, links and receipts; at least 32 random characters. Outside production one is made."""
    secret_key_fallbacks: Annotated[list[str], NoDecode] = Field(default=[], validation_alias="SECRET_KEY_FALLBACKS")
    """Former secret keys, separated by commas, still accepted while you rotate."""
    base_url: str = Field(default="http://localhost:8000", validation_alias="PORTAL_BASE_URL")
    """The address people type, as it stands in every mail; `https` in production."""
    trusted_proxies: int = Field(default=0, ge=0, le=5, validation_alias="TRUSTED_PROXIES")
    """How many reverse proxies stand in front; only that many X-Forwarded-For entries are believed."""
    mail_url: str | None = Field(default=None, validation_alias="MAIL_URL")
    """`smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; without it mail is kept in `mail/`."""
    mail_from: str = Field(default="Advocate Portal <portal@localhost>", validation_alias="MAIL_FROM")
    """Sender of all mail."""
    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    """Address that `portal serve` listens on."""
    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    """Port that `portal serve` listens on."""
    web_processes: int = Field(default=2, ge=1, le=64, validation_alias="WEB_PROCESSES")
    """Number of web processes."""
    web_threads: int = Field(default=8, ge=1, le=128, validation_alias="WEB_THREADS")
    """Threads, and so requests at once, in each web process."""
    searches_per_second: int = Field(default=5, ge=1, le=100_000, validation_alias="SEARCHES_PER_SECOND")
    """How many searches one person may make in a second, over ten seconds, in each web process."""
    password_memory_mib: int = Field(default=64, ge=19, le=1024, validation_alias="PASSWORD_MEMORY_MIB")
    """Memory that hashing one password takes (argon2id), in MiB; raised, passwords are hashed anew at sign-in."""
    password_passes: int = Field(default=3, ge=2, le=20, validation_alias="PASSWORD_PASSES")
    """Passes over that memory: 50 to 250 milliseconds for one password are right."""
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", validation_alias="LOG_LEVEL")
    """The least severe log line that is written."""
    debug: bool = Field(default=False, validation_alias="FLASK_DEBUG")
    """Flask's debugger; refused in production."""

    @field_validator("secret_key_fallbacks", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        return [part for part in value.split(",") if part] if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str | None) -> str | None:
        """An empty one is none; `postgres://` is the older spelling."""
        if not value:
            return None
        url = re.sub(r"^postgres://", "postgresql://", value)
        try:
            if not url.startswith("postgresql://"):
                raise ValueError
            conninfo_to_dict(url)
            make_url(url)
        except (ValueError, psycopg.Error, ArgumentError):
            raise ValueError("must be an address like postgresql://user:password@host:5432/database") from None
        return url

    @cached_property
    def demo(self) -> bool:
        """Whether the demo's doors (one-click sign-in, `/demo/mail`) are open."""
        return self.env == "demo"

    @cached_property
    def https(self) -> bool:
        """Whether people reach the portal by https: cookies then carry `__Host-` and `Secure`."""
        return self.base_url.startswith("https://")

    @cached_property
    def hosts(self) -> list[str]:
        """The host names that requests may carry: that of the base URL, and loopback outside production."""
        own = urlsplit(self.base_url).hostname or ""
        return [own] if self.env == "production" else [own, "localhost", "127.0.0.1", "[::1]"]

    @cached_property
    def signing_keys(self) -> list[str]:
        """The secret key first, then those still accepted."""
        if self.secret_key is not None:
            return [self.secret_key.get_secret_value(), *self.secret_key_fallbacks]
        return [_own_key(self.instance)]

    def check(self) -> None:
        """Refuse what is unsafe in production (`UnsafeSettings`), naming setting and remedy."""
        if self.env != "production":
            return
        key = self.secret_key.get_secret_value() if self.secret_key else ""
        problems = []
        if len(key) < 32 or len(set(key)) < 10 or key.lower() in _WEAK:
            problems.append(
                "SECRET_KEY is missing or weak: set it to at least 32 random characters, "
                'for example from python3 -c "import secrets; print(secrets.token_urlsafe(48))".'
            )
        if self.debug:
            problems.append("FLASK_DEBUG is on: unset it, it shows source code to strangers.")
        if not self.https:
            problems.append(
                "PORTAL_BASE_URL must be the https address people type, for example https://advocates.example.com."
            )
        if problems:
            raise UnsafeSettings(problems)


def _own_key(instance: Path) -> str:
    file = instance / "secret_key"
    if not file.exists():
        instance.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{secrets.token_hex(4)}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        try:
            file.hardlink_to(new)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return file.read_text()
