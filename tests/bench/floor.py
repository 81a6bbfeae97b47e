"""The floors: what Flask, one ORM statement and a page of 15 KB cost on the same server with as many processes.

Nothing else: no policies, no headers of ours, no log lines. What is above these is what the portal adds.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from flask import Flask, redirect, render_template_string, request, session
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from portal.cli.serve import serve

CARDS = 25


class Base(DeclarativeBase):
    """The floor's own tables."""


db = SQLAlchemy(model_class=Base)


class Card(Base):
    """What the page shows."""

    __tablename__ = "card"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    points: Mapped[int]


class Entry(Base):
    """What a form writes."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str]
    text: Mapped[str]


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<nav>{% for place in places %}<a class="nav__item" href="/{{ place|lower }}">{{ place }}</a>{% endfor %}</nav>
<main><h1>{{ title }}</h1>
{% for card in cards %}
<article class="card" id="card-{{ card.id }}">
  <header class="card__head"><h2 class="card__title"><a href="/cards/{{ card.id }}">{{ card.title }}</a></h2>
  <span class="badge badge--points">{{ card.points }} points</span></header>
  <p class="card__text">{{ card.text }}</p>
  <footer class="card__foot">{% if card.points > 100 %}<strong>A big one</strong>{% else %}A small one{% endif %}
  <a class="button button--primary" href="/cards/{{ card.id }}/start">Start</a></footer>
</article>
{% endfor %}
</main></body></html>
"""
PLACES = ["Home", "Challenges", "Points", "Rewards", "References", "Messages", "Account"]


def create_app() -> Flask:
    """The floor's application, on the database of DATABASE_URL."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="floor-" * 8,
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    db.init_app(app)
    CSRFProtect(app)
    page = app.jinja_env.from_string(PAGE)

    @app.get("/page")
    def show() -> str:
        cards = db.session.scalars(select(Card).order_by(Card.id)).all()
        return page.render(title="Cards", places=PLACES, cards=cards)

    @app.get("/form")
    def form() -> str:
        session["person"] = request.args.get("person", "")
        return render_template_string("{{ token }}", token=generate_csrf())

    @app.post("/entries")
    def write() -> ResponseReturnValue:
        db.session.add(Entry(person=session["person"], text=request.form["text"]))
        db.session.commit()
        return redirect("/page", 303)

    return app


def fill(url: str) -> None:
    """Make the floor's tables and its cards."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    words = "What you did, in your own words, so that others can learn from it. " * 3
    with Session(engine) as opened:
        rows: list[Any] = [Card(title=f"Card number {n}", text=words, points=n * 10) for n in range(1, CARDS + 1)]
        opened.add_all(rows)
        opened.commit()
    engine.dispose()


if __name__ == "__main__":
    sys.exit(
        serve(
            host="127.0.0.1",
            port=int(sys.argv[1]),
            web_processes=int(sys.argv[2]),
            threads=int(sys.argv[3]),
            with_worker=False,
            environ=os.environ,
            target="tests.bench.floor:create_app()",
        )
    )
