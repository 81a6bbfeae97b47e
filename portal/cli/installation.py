"""The installation that a command works on: its settings, its database, its application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click
from flask import Flask
from pydantic import ValidationError
from werkzeug.utils import import_string

from portal.database import db, embedded, shape
from portal.settings import Settings


def load_settings() -> Settings:
    """The settings of this process; what cannot be read ends the command with a sentence."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            click.echo(f"{problem['loc'][0]}: {problem['msg'].removeprefix('Value error, ')}.", err=True)
        raise click.exceptions.Exit(2) from error


@contextmanager
def application(settings: Settings | None = None, *, migrated: bool = True) -> Iterator[Flask]:
    """The application on the installation's database, which is started or joined if it is the embedded one."""
    settings = settings or load_settings()
    with ExitStack() as held:
        if settings.database_url is None:
            url = held.enter_context(embedded.running(settings.instance))
            settings = settings.model_copy(update={"database_url": url})
        app: Flask = import_string("portal:create_app")(settings)
        held.enter_context(app.app_context())
        held.callback(_disconnect)
        if migrated:
            _require_head()
        yield app


def bring_to_shape() -> None:
    """Migrate the database; one that has this version's shape is left alone, and Alembic is not even loaded."""
    with db.engine.connect() as connection:
        if shape.at_head(connection):
            return
    import_string("portal.database.migrating:migrate")(db.engine)


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()


def _require_head() -> None:
    with db.engine.connect() as connection:
        if not shape.at_head(connection):
            raise click.ClickException("The database has another shape than this version needs. Run: portal migrate")
