"""The Advocate Portal: challenges, points, rewards and a consented reference pool."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec

from flask import Blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import settings as configuration
from portal.database import db
from portal.web import assets, csrf, errors, headers, hx, logs, pace, policy, shell, styleguide, templating, words
from portal.web import views as web_views
from portal.web.app import Portal
from portal.web.session import TokenSessions
from portal.web.visitor import login

SLICES = ("imports", "people", "messages", "access", "points", "consent", "references", "rewards", "challenges", "home")
ROOMS = ("models", "importing", "jobs", "messages", "invariants", "timeline", "views")


def create_app(settings: configuration.Settings | None = None) -> Portal:
    """Put the application together; refuses to start with a route that names no policy."""
    settings = settings or configuration.Settings()
    app = Portal(__name__)
    app.config.update(
        PORTAL=settings,
        SECRET_KEY=settings.signing_keys[0],
        SECRET_KEY_FALLBACKS=settings.signing_keys[1:],
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database_options(settings),
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_PARTS=100,
        MAX_FORM_MEMORY_SIZE=64_000,
        TRUSTED_HOSTS=settings.hosts,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        TEMPLATES_AUTO_RELOAD=settings.env == "development",
        PROPAGATE_EXCEPTIONS=False,
    )
    policy.open_to_all(reason="style, script, pictures and fonts of every page")(app.view_functions["static"])
    app.session_interface = TokenSessions(settings)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    logs.configure(settings)
    logs.init_app(app)
    csrf.init_app(app, settings)
    db.init_app(app)
    login.init_app(app, add_context_processor=False)
    words.init_app(app)
    templating.init_app(app)
    shell.init_app(app)
    assets.init_app(app, watch=settings.env == "development")
    hx.init_app(app)
    headers.init_app(app, settings)
    errors.init_app(app)
    pace.init_app(app, settings.searches_per_second)
    app.register_blueprint(web_views.bp)
    styleguide.init_app(app, settings)
    for name in SLICES:
        _register(app, f"portal.{name}")
    for face in sorted(entry_points(group="portal.faces"), key=lambda entry: entry.name):
        register = face.load()
        register(app)
    policy.require_policies(app)
    return app


def _register(app: Portal, slice_name: str) -> None:
    """Import the rooms of a slice, which fills the registries, and add its screens."""
    for room in ROOMS:
        if find_spec(f"{slice_name}.{room}"):
            blueprint = getattr(import_module(f"{slice_name}.{room}"), "bp", None)
            if isinstance(blueprint, Blueprint):
                app.register_blueprint(blueprint)


def database_options(settings: configuration.Settings) -> dict[str, object]:
    """How connections are opened: enough for every thread, with bounded waits, one CPU for one query."""
    options = {
        "statement_timeout": "15s",
        "lock_timeout": "4s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
    }
    given = " ".join(f"-c {name}={value}" for name, value in options.items())
    return {
        "pool_size": settings.web_threads,
        "max_overflow": 4,
        "pool_recycle": 1800,
        "pool_use_lifo": True,
        "hide_parameters": True,
        "connect_args": {
            "application_name": "portal",
            "options": given,
            "connect_timeout": 5,
            "prepare_threshold": 2,
        },
    }
