"""`portal …`: one line each into the slices."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec

import click
from flask import Flask
from pydantic import ValidationError
from werkzeug.utils import import_string

from portal import jobs
from portal.cli.serve import serve as run_system
from portal.database import db, embedded, migrating, safety
from portal.database.invariants import check_invariants, known
from portal.database.refusal import Refusal
from portal.settings import Settings, UnsafeSettings


def load_settings() -> Settings:
    """The settings of this process; what cannot be read ends the command with a sentence."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            click.echo(f"{problem['loc'][0]}: {problem['msg']}.", err=True)
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


def _disconnect() -> None:
    db.session.remove()
    db.engine.dispose()


def _require_head() -> None:
    with db.engine.connect() as connection:
        if not migrating.at_head(connection):
            raise click.ClickException("The database has another shape than this version needs. Run: portal migrate")


@click.group()
@click.version_option(package_name="advocate-portal", prog_name="portal")
def portal() -> None:
    """The Advocate Portal."""


@portal.command()
@click.option("--host", default=None, help="Address to listen on (HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (PORT, 8000).")
@click.option("--no-worker", is_flag=True, help="Only web processes; run `portal worker` elsewhere.")
def serve(host: str | None, port: int | None, no_worker: bool) -> None:
    """Run the whole system: web processes, one worker and, without DATABASE_URL, PostgreSQL."""
    settings = load_settings()
    settings.check()
    with application(settings, migrated=False) as app:
        _refuse_unsafe_database(settings)
        migrating.migrate(db.engine)
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        db.engine.dispose()
        code = run_system(
            host=host or settings.host,
            port=port or settings.port,
            web_processes=settings.web_processes,
            threads=settings.web_threads,
            with_worker=not no_worker,
            environ={**os.environ, "DATABASE_URL": url},
            instance=None if settings.database_url else settings.instance,
        )
    raise click.exceptions.Exit(code)


def _refuse_unsafe_database(settings: Settings) -> None:
    if settings.env == "production":
        problems = safety.problems(db.engine)
        if problems:
            raise UnsafeSettings(problems)


@portal.command()
def worker() -> None:
    """Run background jobs only."""
    settings = load_settings()
    settings.check()
    with application(settings) as app:
        _refuse_unsafe_database(settings)
        jobs.work(app.config["SQLALCHEMY_DATABASE_URI"], app.app_context)


@portal.command()
@click.argument("revision", default="head")
def migrate(revision: str) -> None:
    """Bring the database to the shape of this version (or to REVISION, also an older one)."""
    with application(migrated=False):
        migrating.move(db.engine, revision)
        click.echo(f"The database is at {revision}.")


@portal.command()
def check() -> None:
    """Check everything that must always be true of the data; exit 1 and a sentence for each breach."""
    with application():
        breaches = check_invariants(db.session())
        for breach in breaches:
            click.echo(str(breach), err=True)
        if breaches:
            raise click.exceptions.Exit(1)
        click.echo(f"All is well: {len(known())} rules hold.")


for _module in ("portal.cli.data", "portal.cli.people", "portal.cli.demo"):
    if find_spec(_module):
        for _command in import_module(_module).COMMANDS:
            portal.add_command(_command)


def main() -> None:
    """The console command; refusals and unsafe settings end it with their sentences."""
    try:
        portal.main(standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (Refusal, UnsafeSettings, embedded.EmbeddedError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
