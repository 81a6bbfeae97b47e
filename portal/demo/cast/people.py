"""The people of the demo who are known by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the demo; `firm` is the domain of their company, none for staff."""

    name: str
    title: str
    firm: str = ""
    zone: str = "Europe/Paris"

    @property
    def address(self) -> str:
        """Their address, which no mail ever reaches."""
        local = self.name.lower().replace(" ", ".").replace("'", "")
        return f"{local}@{self.firm or 'northstar.example'}"


MANAGER: Final = Someone("Priya Nair", "Customer marketing lead")
SECOND_MANAGER: Final = Someone("Jonas Okafor", "Community manager")
ADMIN: Final = Someone("Sam Whitlock", "Head of operations", zone="Europe/London")
REPS: Final = (
    Someone("Tom Alvarez", "Account executive", zone="America/New_York"),
    Someone("Ines Carvalho", "Account executive", zone="Europe/Lisbon"),
    Someone("Malik Turner", "Enterprise sales", zone="Europe/London"),
)

KNOWN: Final = (
    Someone("Ana Mitchell", "IT Director", "harbor-lines.example", "America/New_York"),
    Someone("Kofi Mensah", "Head of Operations", "savanna-foods.example", "Africa/Nairobi"),
    Someone("Lena Schmidt", "Chief Operating Officer", "fabrik-nord.example", "Europe/Berlin"),
    Someone("Ravi Thomas", "Plant Manager", "fabrik-nord.example", "Europe/Berlin"),
    Someone("Maya Bennet", "Chief Information Officer", "medora.example", "America/Chicago"),
    Someone("Sara Eriksson", "Head of Data", "polar-bank.example", "Europe/Oslo"),
    Someone("Diego Lima", "Logistics Lead", "tessera.example", "Europe/Madrid"),
    Someone("Hana Novak", "Finance Director", "kestrel.example", "Europe/London"),
    Someone("Theo Brandt", "Fleet Manager", "harbor-lines.example", "America/New_York"),
    Someone("Grace Adeyemi", "VP Supply Chain", "savanna-foods.example", "Africa/Nairobi"),
    Someone("Claire Dubois", "Medical Director", "clinique-lac.example", "Europe/Paris"),
    Someone("Julien Moreau", "IT Manager", "clinique-lac.example", "Europe/Paris"),
    Someone("Olav Hansen", "Risk Officer", "polar-bank.example", "Europe/Oslo"),
    Someone("Emma Clarke", "Head Teacher", "lumen-schools.example", "Europe/London"),
    Someone("Noah Tremblay", "Grid Analyst", "cobalt-energy.example", "America/Toronto"),
    Someone("Sofia Ricci", "Store Operations", "brio.example", "Europe/Rome"),
    Someone("Marc Keller", "Managing Director", "alto-machines.example", "Europe/Zurich"),
    Someone("Amara Diallo", "Programme Lead", "lumen-schools.example", "Europe/London"),
    Someone("Peter Holm", "Head of Payments", "polar-bank.example", "Europe/Oslo"),
    Someone("Luis Ortega", "Warehouse Director", "tessera.example", "Europe/Madrid"),
    Someone("Nadia Rahman", "Claims Director", "kestrel.example", "Europe/London"),
    Someone("Ben Carter", "Director of Nursing", "medora.example", "America/Chicago"),
    Someone("Yuki Tanaka", "Data Engineer", "cobalt-energy.example", "America/Vancouver"),
    Someone("Ruth Wanjiru", "Buyer", "savanna-foods.example", "Africa/Nairobi"),
    Someone("Felix Baumann", "Quality Lead", "fabrik-nord.example", "Europe/Berlin"),
    Someone("Isabel Conti", "Category Manager", "brio.example", "Europe/Rome"),
    Someone("Owen Davies", "Actuary", "kestrel.example", "Europe/London"),
    Someone("Carla Jimenez", "Transport Planner", "tessera.example", "Europe/Madrid"),
    Someone("Jack Miller", "Network Architect", "harbor-lines.example", "America/New_York"),
    Someone("Vera Lindqvist", "Clinic Manager", "medora.example", "America/Chicago"),
)

INVITED: Final = (
    Someone("Henrik Aas", "Treasury Lead", "polar-bank.example"),
    Someone("Mina Park", "Operations Analyst", "harbor-lines.example"),
    Someone("Pilar Santos", "Regional Director", "verde-markets.example"),
)
"""Invited this week."""
FORGOTTEN: Final = (
    Someone("Bruno Wolff", "Yard Manager", "fabrik-nord.example"),
    Someone("Aisha Noor", "Head of Claims", "kestrel.example"),
    Someone("Piet de Vries", "Terminal Manager", "tessera.example"),
)
"""Invited a while ago; the invitations have expired."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody a rep would like to see in the program, and why."""

    who: Someone
    reason: str


NOMINATED: Final = (
    Wish(
        Someone("Oliver Stone", "Depot Manager", "harbor-lines.example"),
        "Rolled out Routing in nine depots and told the whole trade about it.",
    ),
    Wish(
        Someone("Paula Weber", "Head of IT", "fabrik-nord.example"),
        "Spoke about us at a user group without being asked.",
    ),
    Wish(
        Someone("Kaito Mori", "Plant Engineer", "xylo.example"),
        "Answers other customers in the forum, usually before we do.",
    ),
)
"""Nominated this week; they wait for a manager."""
TURNED_DOWN: Final = (
    Wish(Someone("Rolf Amundsen", "Buyer", "fjord-seafood.example"), "Was friendly on the phone."),
    Wish(Someone("Tess Moran", "Intern", "willow-academies.example"), "Likes us on the web."),
    Wish(Someone("Gil Navarro", "Consultant", "equinox-studios.example"), "Knows everybody."),
)
"""Nominated and not approved."""
