"""The other advocates of the demo: names drawn from two lists, each at a customer, the same every time."""

from __future__ import annotations

from random import Random
from typing import Final

from portal.demo.cast.firms import CUSTOMERS
from portal.demo.cast.people import KNOWN, Someone

SIZE: Final = 120

_FIRST: Final = """
    Adele Akira Amina Anders Anouk Bashir Beatriz Bruno Carmen Cecilia Chen Colin Daria David Dominik Edith
    Elif Enzo Esther Fatima Finn Gabriel Greta Gustav Ida Ismael Ivana Jonah Judith Karim Katya Klara Leon
    Lior Louise Mads Malin Mateo Mei Nikolai Nora Odette Pavel Petra Quentin Rania Rosa Samir Selma Simon Tara
    Tomas Ulrike Viktor Wen Xenia Yara Yusuf Zoe Zora
"""
_LAST: Final = """
    Abelard Arslan Bakker Bianchi Castellan Chowdhury Dahlgren Delacroix Eklund Falk Ferreira Galanis Haddad
    Halvorsen Ibarra Jansen Kaya Kowalski Laurent Lindholm Mancini Marek Nakamura Nguyen Obi Oduya Pereira
    Petrov Quispe Rousseau Salazar Schaefer Takeda Torres Ueda Varga Virtanen Weiss Yilmaz Zanetti
"""
_TITLES: Final = (
    "Head of Operations",
    "IT Director",
    "Finance Director",
    "Plant Manager",
    "Data Analyst",
    "Chief Information Officer",
    "Logistics Lead",
    "Programme Manager",
    "Head of Procurement",
    "Customer Service Lead",
    "Quality Manager",
    "Chief Operating Officer",
)
_ZONES: Final = {
    "Argentina": "America/Argentina/Buenos_Aires",
    "Australia": "Australia/Sydney",
    "Brazil": "America/Sao_Paulo",
    "Canada": "America/Toronto",
    "Chile": "America/Santiago",
    "Finland": "Europe/Helsinki",
    "Germany": "Europe/Berlin",
    "India": "Asia/Kolkata",
    "Ireland": "Europe/Dublin",
    "Israel": "Asia/Jerusalem",
    "Japan": "Asia/Tokyo",
    "Kenya": "Africa/Nairobi",
    "Mexico": "America/Mexico_City",
    "Morocco": "Africa/Casablanca",
    "Portugal": "Europe/Lisbon",
    "Singapore": "Asia/Singapore",
    "South Africa": "Africa/Johannesburg",
    "United Kingdom": "Europe/London",
    "United States": "America/New_York",
}


def _drawn() -> tuple[Someone, ...]:
    chance = Random("crowd")  # noqa: S311 -- the same demo every time, no secret
    taken = {someone.name for someone in KNOWN}
    names = [name for first in _FIRST.split() for last in _LAST.split() if (name := f"{first} {last}") not in taken]
    firms = CUSTOMERS[::-1]
    return tuple(
        Someone(name, chance.choice(_TITLES), firm.domain, _ZONES.get(firm.country, "Europe/Paris"))
        for place, name in enumerate(chance.sample(names, SIZE))
        for firm in [firms[place % len(firms)]]
    )


CROWD: Final = _drawn()
