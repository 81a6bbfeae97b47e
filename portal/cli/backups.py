"""`portal backup` and `portal restore`: one line each into the database's room."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from werkzeug.utils import import_string

from portal.cli.installation import application, load_settings
from portal.database import archive, backup, db
from portal.database.invariants import check_invariants, known


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_(file: Path) -> None:
    """Write database and files of the instance into one archive.

    FILE appears when it is whole. The portal may run meanwhile; all that was done before is in it. The secret key is
    not: keep it somewhere else.
    """
    settings = load_settings()
    with application(settings):
        url = db.engine.url.render_as_string(hide_password=False)
        try:
            made = backup.make(url, settings.instance, file)
        except OSError as error:
            raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
    rows = sum(table.rows for table in made.tables)
    click.echo(f"{file} holds {rows:,} rows of {len(made.tables)} tables and {made.files:,} files, not the secret key.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace everything that the database holds.")
def restore(file: Path, *, overwrite: bool) -> None:
    """Put back what `portal backup` wrote, in the shape of this version.

    All or nothing, into an empty instance; the portal must not run meanwhile. FILE is looked through first: what is
    damaged, or made by a newer version, is refused before anything changes. Says at the end whether all rules hold.
    """
    settings = load_settings()
    with archive.opened(file) as opened:
        import_string("portal.database.restore:refuse_unreadable")(opened)
        with application(settings, migrated=False):
            put_back = import_string("portal.database.restore:restore")
            try:
                put_back(db.engine, settings.instance, opened, overwrite=overwrite)
            except OSError as error:
                raise click.ClickException(
                    f"{error.filename} cannot be written: {error.strerror}. The database was not changed."
                ) from error
            click.echo(f"Restored what was there at {opened.manifest.made_at}.")
            breaches = check_invariants(db.session())
    for breach in breaches:
        click.echo(str(breach), err=True)
    if breaches:
        raise click.exceptions.Exit(1)
    click.echo(f"All is well: {len(known())} rules hold.")


COMMANDS: Final = (backup_, restore)
