"""The manager's settings of the program: one typed row."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.database import Base


class Program(Base):
    """One row, made by the migration. Windows and gaps are hours (trust.md, ground rules)."""

    __tablename__ = "program"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint(
            "person_asks > 0 AND person_window_hours > 0 AND person_gap_hours >= 0 AND person_open_asks > 0"
            " AND company_asks > 0 AND company_window_hours > 0 AND adjustment_limit > 0 AND answer_hours > 0",
            name="positive",
        ),
        CheckConstraint("redemption_limit > 0", name="redemption_limit"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str]
    person_asks: Mapped[int] = mapped_column(Integer, server_default="2")
    person_window_hours: Mapped[int] = mapped_column(Integer, server_default="2160")
    person_gap_hours: Mapped[int] = mapped_column(Integer, server_default="336")
    person_open_asks: Mapped[int] = mapped_column(Integer, server_default="1")
    company_asks: Mapped[int] = mapped_column(Integer, server_default="4")
    company_window_hours: Mapped[int] = mapped_column(Integer, server_default="2160")
    adjustment_limit: Mapped[int] = mapped_column(server_default="500")
    redemption_limit: Mapped[int | None]
    """Points that one person may redeem in any 24 hours; none: as many as they have."""
    answer_hours: Mapped[int] = mapped_column(Integer, server_default="72")


def current(session: Session) -> Program:
    """The program of this installation."""
    return session.get_one(Program, 1)
