"""`portal reseal-codes`: what an operator does after the secret key was changed."""

from __future__ import annotations

from typing import Final

import click

from portal.cli.installation import application
from portal.database import run
from portal.rewards import codes


@click.command("reseal-codes")
def reseal_codes() -> None:
    """Encrypt the codes of rewards anew, under the present SECRET_KEY.

    Afterwards the former key can leave SECRET_KEY_FALLBACKS. Ends with 1 where a code opens under none of the keys.
    """
    with application() as app:
        secrets = app.config["PORTAL"].signing_keys
        done, lost = run(lambda session: codes.reseal(session, secrets))
    click.echo(f"{done} codes are encrypted anew.")
    if lost:
        raise click.ClickException(
            f"{lost} codes open under none of the keys: name the key that they were made with in SECRET_KEY_FALLBACKS."
        )


COMMANDS: Final = (reseal_codes,)
