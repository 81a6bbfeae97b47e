"""`portal …`: one line each into the slices."""

from __future__ import annotations

import os
import sys

import click
from sqlalchemy.exc import OperationalError
from werkzeug.utils import import_string

from portal import jobs
from portal.access import invitations
from portal.cli import backups, data, demo, inspection, keys
from portal.cli.installation import application, bring_to_shape, load_settings
from portal.cli.serve import serve as run_system
from portal.database import db, embedded, run, safety
from portal.database.archive import BackupError
from portal.database.invariants import check_invariants, known
from portal.database.refusal import Refusal
from portal.database.shape import UnknownRevisionError
from portal.settings import Settings, UnsafeSettings


@click.group()
@click.version_option(package_name="advocate-portal", prog_name="portal")
def portal() -> None:
    """The Advocate Portal: run it, fill it, ask it whether all is well.

    Settings come from the environment; the README lists them.
    """


@portal.command()
@click.option("--host", default=None, help="Address to listen on (HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (PORT, 8000).")
@click.option("--no-worker", is_flag=True, help="Only web processes; run `portal worker` elsewhere.")
def serve(host: str | None, port: int | None, no_worker: bool) -> None:
    """Run the whole system, until Ctrl-C.

    Web processes, one worker and, without DATABASE_URL, a PostgreSQL in the instance folder. The database is brought to
    the shape of this version first.
    """
    settings = load_settings()
    settings.check()
    with application(settings, migrated=False) as app:
        _refuse_unsafe_database(settings)
        bring_to_shape()
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
    """Run background jobs only.

    For machines beside the one with `portal serve --no-worker`; as many as you like.
    """
    settings = load_settings()
    settings.check()
    with application(settings) as app:
        _refuse_unsafe_database(settings)
        jobs.work(app.config["SQLALCHEMY_DATABASE_URI"], app.app_context)


@portal.command()
@click.argument("revision", default="head")
def migrate(revision: str) -> None:
    """Bring the database to this version's shape.

    With REVISION to that one, also an older one: what only newer versions store is then lost.
    """
    with application(migrated=False):
        import_string("portal.database.migrating:move")(db.engine, revision)
        click.echo(f"The database is at {revision}.")


@portal.command()
def check() -> None:
    """Check what must always be true of the data.

    Says how many rules hold, or ends with 1 and a sentence for each that is broken.
    """
    with application():
        breaches = check_invariants(db.session())
        for breach in breaches:
            click.echo(str(breach), err=True)
        if breaches:
            raise click.exceptions.Exit(1)
        click.echo(f"All is well: {len(known())} rules hold.")


@portal.command("create-admin")
@click.argument("email")
def create_admin(email: str) -> None:
    """Print a link that makes an administrator.

    It is for the owner of EMAIL, works once, and is mailed to nobody.
    """
    with application():
        click.echo(run(lambda session: invitations.invite_admin(session, email)))


for _command in (*data.COMMANDS, *backups.COMMANDS, *inspection.COMMANDS, *keys.COMMANDS, *demo.COMMANDS):
    portal.add_command(_command)


def main() -> None:
    """The console command: 0 it is done, 1 refused with a sentence, 2 asked for wrongly, 130 interrupted."""
    try:
        ended = portal.main(prog_name="portal", standalone_mode=False)  # what a command gives back is an exit code
        sys.exit(ended or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (Refusal, UnsafeSettings, embedded.EmbeddedError, UnknownRevisionError, BackupError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OperationalError as error:
        click.echo(
            f"The database does not answer: {str(error.orig).splitlines()[0]} "
            f"Is PostgreSQL running there, and is DATABASE_URL right?",
            err=True,
        )
        sys.exit(1)
