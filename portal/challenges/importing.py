"""What follows here when somebody decides that two spellings mean the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from portal.imports import spelling

_INDUSTRIES: Final = text(
    """
    UPDATE challenge SET industries = ARRAY(
      SELECT DISTINCT CASE WHEN lower(word) = lower(:written) THEN :means ELSE word END FROM unnest(industries) word
       ORDER BY 1)
     WHERE EXISTS (SELECT FROM unnest(industries) word WHERE lower(word) = lower(:written) AND word <> :means)
    RETURNING id
    """
)
_COUNTRIES: Final = text(
    """
    UPDATE challenge SET countries = ARRAY(
      SELECT DISTINCT CASE WHEN lower(word) = lower(:written) THEN :means ELSE word END FROM unnest(countries) word
       ORDER BY 1)
     WHERE EXISTS (SELECT FROM unnest(countries) word WHERE lower(word) = lower(:written) AND word <> :means)
    RETURNING id
    """
)


def _respelled(statement: TextClause) -> spelling.Apply:
    """Let audiences name what companies are called now; a word that would stand twice stands once."""

    def rewrite(session: Session, written: str, means: str) -> int:
        return len(session.execute(statement, {"written": written, "means": means}).all())

    return rewrite


spelling.applies("industry", _respelled(_INDUSTRIES))
spelling.applies("country", _respelled(_COUNTRIES))
