"""`portal demo`: the demo program, and the system around it."""

from __future__ import annotations

import os
import time
from typing import Final

import click

from portal.cli.installation import application, bring_to_shape, load_settings
from portal.cli.serve import serve
from portal.database import db, run
from portal.demo import build, cast
from portal.settings import Settings, UnsafeSettings


@click.command()
@click.option("--serve", "serving", is_flag=True, help="Serve it afterwards, with one-click sign-in.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (PORT, 8000).")
def demo(serving: bool, port: int | None) -> None:
    """Build the demo program in an empty instance.

    One that is there already is left as it is. `bin/demo` calls this with --serve.
    """
    os.environ.setdefault("PORTAL_ENV", "demo")
    settings = load_settings()
    if settings.env == "production":
        raise UnsafeSettings(
            ["PORTAL_ENV is production: build the demo in an instance of its own, without PORTAL_ENV."]
        )
    port = port or settings.port
    if "PORTAL_BASE_URL" not in os.environ:
        os.environ["PORTAL_BASE_URL"] = f"http://localhost:{port}"
        settings = load_settings()
    with application(settings, migrated=False) as app:
        bring_to_shape()
        if not run(build.is_built):
            began = time.monotonic()
            click.echo("Building the demo program …")
            deeds = build.build()
            click.echo(f"… {deeds} deeds of {build.DAYS} days in {time.monotonic() - began:.0f} s.")
        if not serving:
            return
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        db.session.remove()
        db.engine.dispose()
        code = serve(
            host=settings.host,
            port=port,
            web_processes=settings.web_processes,
            threads=settings.web_threads,
            with_worker=True,
            environ={**os.environ, "DATABASE_URL": url},
            instance=settings.instance if settings.database_url is None else None,
            on_ready=lambda: _welcome(settings),
        )
    raise click.exceptions.Exit(code)


def _welcome(settings: Settings) -> None:
    click.echo(
        f"""
The Advocate Portal is ready: {settings.base_url}

  Sign in with one click as   advocate   {cast.ADVOCATES[0].name}
                              manager    {cast.MANAGER.name}
                              rep        {cast.REPS[0].name}
                              admin      {cast.ADMIN.name}
  Mail that would be sent:    {settings.base_url}/demo/mail

Stop with Ctrl-C. Start over with: bin/demo --reset
"""
    )


COMMANDS: Final = [demo]
