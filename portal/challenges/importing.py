"""What follows here when somebody decides that two spellings mean the same."""

from __future__ import annotations

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from portal.imports import spelling


def _statement(included: str, excluded: str) -> TextClause:
    """Both lists of an audience, with the word that is used now."""
    words = "ARRAY(SELECT DISTINCT CASE WHEN lower(word) = lower(:written) THEN :means ELSE word END FROM unnest("
    lists = ", ".join(f"{column} = {words}{column}) word ORDER BY 1)" for column in (included, excluded))
    found = f"FROM unnest({included} || {excluded}) word WHERE lower(word) = lower(:written) AND word <> :means"
    return text(f"UPDATE challenge SET {lists} WHERE EXISTS (SELECT {found}) RETURNING id")  # noqa: S608 -- our names


def _respelled(statement: TextClause) -> spelling.Apply:
    """Let audiences name what companies are called now; a word that would stand twice stands once."""

    def rewrite(session: Session, written: str, means: str) -> int:
        return len(session.execute(statement, {"written": written, "means": means}).all())

    return rewrite


spelling.applies("industry", _respelled(_statement("industries", "not_industries")))
spelling.applies("country", _respelled(_statement("countries", "not_countries")))
