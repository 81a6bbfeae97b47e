"""Somebody of the team sends or hands it over, and says so."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.messages import messages
from portal.people.models import Person, PersonRole
from portal.people.states import Role
from portal.rewards.fulfilment.base import Fulfilment
from portal.rewards.models import Redemption


class Manual(Fulfilment):
    """The managers are told; one of them fulfils it from the desk's queue."""

    key: ClassVar[str] = "manual"
    label: ClassVar[LazyString] = _l("By hand, from the team")

    def begin(self, session: Session, redemption: Redemption) -> None:
        """Tell every manager who can sign in."""
        managers = session.scalars(
            select(PersonRole.person_id)
            .join(Person, Person.id == PersonRole.person_id)
            .where(PersonRole.role == Role.MANAGER, Person.suspended_at.is_(None))
            .order_by(PersonRole.person_id)
        )
        for manager_id in managers.all():
            messages.notify(
                session,
                manager_id,
                "rewards.to_fulfil",
                link=f"/admin/redemptions/{redemption.public_id}",
                subject_ref=f"redemption:{redemption.id}",
                reward=redemption.name,
                points=redemption.price,
            )
