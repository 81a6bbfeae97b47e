"""`portal import` and `portal export`: one line each into the imports slice."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import click

from portal.audit import SYSTEM
from portal.cli.installation import application
from portal.database import run
from portal.imports import export as exports
from portal.imports import run as imports
from portal.imports.progress import Step
from portal.imports.report import Report, Stopped

KINDS: Final = ("companies", "people", "products", "opportunities")
_EPILOG: Final = """
\b
Columns are recognised by their headers (also those of Salesforce and HubSpot);
what is not recognised is told with --map, what is told wins:
  --map Sector=industry            the column “Sector” holds the industry
  --map '#4=country'               the fourth column, whatever it is called
  --map Notes=                     do not read this column
  --map revenue=revenue:M:USD      numbers are millions, in US dollars
  --map umsatz=revenue:K:EUR:decimal-comma
  --map start=engaged_on:day-first
Units are K, M and B (thousands, millions, billions); a currency is its code of
three letters. Without them a number is taken as it stands, of no currency.

\b
Fields, the required ones with a *:
  companies      name*, domain, crm_id, industry, country, employees, revenue,
                 currency, founded, parent, parent_crm_id, portal_id
  people         name* (or first_name, last_name), title, company,
                 company_crm_id, emails, office, reports_to, crm_id, locale,
                 time_zone, portal_roles, advocate_status, suspended_at, portal_id
  products       name*, series, price, currency, portal_id
  opportunities  crm_id* or name*, stage*, company, company_crm_id, product,
                 owner, engaged_on, closed_on, amount, currency, portal_id

\b
Spellings: --same 'technolgy=technology', and where it is not clear of what,
--same 'industry:technolgy=technology' (industry, country, product).

\b
Empty cells leave what is stored as it is. Rows are recognised by CRM id, domain
or e-mail address, else by name: importing a file twice changes nothing.
"""


@click.command(name="import", epilog=_EPILOG)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--role", type=click.Choice(("advocate", "sales", "manager")), help="Give the people of the file this role."
)
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD[:…]", help="Say what a column holds; see below.")
@click.option("--same", multiple=True, metavar="WRITTEN=MEANING", help="Decide on a spelling, here and for all time.")
@click.option(
    "--date-order",
    type=click.Choice(("day-first", "month-first")),
    help="For columns of dates that can be read both ways.",
)
@click.option(
    "--decimal", type=click.Choice(("point", "comma")), help="For columns of numbers that can be read both ways."
)
@click.option(
    "--encoding", type=click.Choice(("auto", "utf-8", "latin-1")), default="auto", help="When it is not recognised."
)
@click.option("--skip-bad", is_flag=True, help="Leave out rows with mistakes instead of stopping.")
@click.option("--dry-run", is_flag=True, help="Do everything but keep nothing.")
def import_(
    kind: str,
    file: Path,
    *,
    role: str | None,
    maps: tuple[str, ...],
    same: tuple[str, ...],
    date_order: str | None,
    decimal: str | None,
    encoding: str,
    skip_bad: bool,
    dry_run: bool,
) -> None:
    """Import rows from a CSV file (- is standard input).

    All rows or none: a row with a mistake is reported with its line, column and remedy, and nothing is written.
    """
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    options = imports.Options(
        maps=maps,
        same=same,
        role=role,
        date_order=date_order,
        decimal=f"decimal-{decimal}" if decimal else None,
        encoding=encoding,
        skip_bad=skip_bad,
        dry_run=dry_run,
    )
    with application():
        try:
            report = run(
                lambda session: imports.run(session, kind, raw, by=SYSTEM, options=options, progress=_progress),
                commit_if=lambda _report: not dry_run,
            )
        except Stopped as stopped:
            _print(stopped.report, stopped=str(stopped))
            raise click.exceptions.Exit(1) from None
        _print(report)


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
def export(kind: str) -> None:
    """Write all rows of a kind as CSV.

    They go to standard output; `portal import` takes the file back. Texts that a spreadsheet would run as formulas have
    a ' in front.
    """
    out = sys.stdout.buffer
    with application():
        try:
            count = run(lambda session: exports.run(session, kind, lambda text: out.write(text.encode()), by=SYSTEM))
            out.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has enough; say no more
            raise click.exceptions.Exit(1) from None
        click.echo(f"{count:,} {kind} exported.", err=True)


def _progress(step: Step) -> None:
    """One line for each stage, as it begins."""
    if step.done == 0:
        click.echo(f"{step} …", err=True)


def _print(report: Report, *, stopped: str | None = None) -> None:
    lines = [*report.stopped_lines(), stopped] if stopped else report.lines()
    for line in lines:
        click.echo(line, err=stopped is not None)


COMMANDS: Final = (import_, export)
