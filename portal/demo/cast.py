"""Who and what the demo is made of. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PROGRAM: Final = "Northstar"


@dataclass(frozen=True, slots=True)
class Firm:
    """A company of the demo: a customer, or a prospect that somebody sells to."""

    name: str
    domain: str
    industry: str
    country: str
    employees: int
    products: tuple[str, ...] = ()


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


PRODUCTS: Final = (
    ("Routing", "Core", 12_000),
    ("Insights", "Core", 18_000),
    ("Dock", "Edge", 9_000),
    ("Ledger", "Edge", 24_000),
)

CUSTOMERS: Final = (
    Firm("Harbor Freight Lines", "harbor-lines.example", "Logistics", "United States", 2_400, ("Routing", "Insights")),
    Firm("Fabrik Nord", "fabrik-nord.example", "Manufacturing", "Germany", 7_200, ("Dock", "Routing")),
    Firm("Clinique du Lac", "clinique-lac.example", "Healthcare", "France", 640, ("Insights",)),
    Firm("Savanna Foods", "savanna-foods.example", "Retail", "Kenya", 1_150, ("Routing", "Dock")),
    Firm("Polar Bank", "polar-bank.example", "Finance", "Norway", 3_800, ("Ledger", "Insights")),
    Firm("Cobalt Energy", "cobalt-energy.example", "Energy", "Canada", 5_600, ("Ledger",)),
    Firm("Lumen Schools", "lumen-schools.example", "Education", "United Kingdom", 420, ("Insights",)),
    Firm("Tessera Logistics", "tessera.example", "Logistics", "Spain", 930, ("Routing", "Dock")),
    Firm("Brio Retail", "brio.example", "Retail", "Italy", 310, ("Dock",)),
    Firm("Kestrel Insurance", "kestrel.example", "Finance", "United Kingdom", 1_900, ("Ledger", "Insights")),
    Firm("Medora Clinics", "medora.example", "Healthcare", "United States", 5_300, ("Insights", "Routing")),
    Firm("Alto Machines", "alto-machines.example", "Manufacturing", "Switzerland", 48, ("Dock",)),
)

PROSPECTS: Final = (
    Firm("Brightline Health", "brightline.example", "Healthcare", "United States", 4_100),
    Firm("Meridian Haulage", "meridian-haulage.example", "Logistics", "France", 1_300),
    Firm("Orchard Stores", "orchard-stores.example", "Retail", "United Kingdom", 780),
    Firm("Voltaic Grid", "voltaic.example", "Energy", "Canada", 6_400),
    Firm("Union Credit", "union-credit.example", "Finance", "Germany", 2_100),
    Firm("Precision Tools", "precision-tools.example", "Manufacturing", "Germany", 350),
)

MANAGER: Final = Someone("Priya Nair", "Customer marketing lead")
SECOND_MANAGER: Final = Someone("Jonas Okafor", "Community manager")
ADMIN: Final = Someone("Sam Whitlock", "Head of operations", zone="Europe/London")
REPS: Final = (
    Someone("Tom Alvarez", "Account executive", zone="America/New_York"),
    Someone("Ines Carvalho", "Account executive", zone="Europe/Lisbon"),
    Someone("Malik Turner", "Enterprise sales", zone="Europe/London"),
)

ADVOCATES: Final = (
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
)
NOMINATED: Final = (
    (
        "Oliver Stone",
        "Depot Manager",
        "harbor-lines.example",
        "Rolled out Routing in nine depots and told the whole trade about it.",
    ),
    ("Paula Weber", "Head of IT", "fabrik-nord.example", "Spoke about us at a user group without being asked."),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A challenge of the demo; stages are (kind, title, instructions, points)."""

    title: str
    summary: str
    activity: str
    minutes: int
    stages: tuple[tuple[str, str, str, int], ...]
    industries: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


OFFERS: Final = (
    Offer(
        "Tell us how you cut onboarding time",
        "Twenty minutes of your words are enough; we write the draft and you approve every line.",
        "case_study",
        20,
        (
            ("confirm", "Read what we will ask", "Three questions: before, during and after the rollout.", 50),
            (
                "story",
                "Write your story",
                "What was hard, what changed, what would you tell a colleague? Good and bad.",
                550,
            ),
        ),
    ),
    Offer(
        "A quote about your first month",
        "One or two sentences that a colleague would believe.",
        "quote",
        5,
        (("story", "Your words", "What surprised you in the first month?", 120),),
    ),
    Offer(
        "Try the new dispatch board",
        "Open it once with real data and tell us that you did.",
        "survey",
        10,
        (("confirm", "I have tried it", "Look at tomorrow's routes in the new board.", 40),),
    ),
    Offer(
        "How does your clinic use Insights?",
        "Other hospitals ask us that every week.",
        "case_study",
        15,
        (("story", "How you use it", "Which report do you open first, and why?", 200),),
        industries=("Healthcare",),
    ),
    Offer(
        "Share what you learnt at peak season",
        "For everybody who moves goods in December.",
        "quote",
        8,
        (
            ("visit", "Join the peak season group", "Say hello in the customer forum.", 30),
            ("story", "One lesson", "What will you do differently this year?", 150),
        ),
        industries=("Logistics", "Retail"),
    ),
    Offer(
        "Answer our two-minute roadmap survey",
        "You decide what comes first.",
        "survey",
        2,
        (("questions", "Three questions", "There are no wrong answers.", 30),),
    ),
)

SETUPS: Final[dict[str, dict[str, object]]] = {
    "Join the peak season group": {
        "address": "https://forum.northstar.example/peak-season",
        "button": "Open the forum",
    },
    "Three questions": {
        "questions": [
            {"kind": "one", "ask": "What should come first?", "choices": ["Exports", "Mobile app", "Faster search"]},
            {"kind": "scale", "ask": "How easy is your daily work with us?", "hint": "5 is very easy.", "top": 5},
            {"kind": "several", "ask": "Where do you work with it?", "choices": ["Office", "Depot", "On the road"]},
            {"kind": "text", "ask": "What would you miss most?", "required": False},
        ]
    },
}
"""What is set up for the stages of these titles."""

_STORIES: Final = """
We moved nine depots in nine days. The first two were hard: labels did not match and half the drivers had old
scanners. From the third on it went by itself, and the planners now go home an hour earlier.

Before, onboarding a new clinic took a quarter. Now it takes eleven working days, and most of that is training. I
would start with the data cleaning two weeks sooner next time.

The report that everybody opens on Monday used to be a spreadsheet that one person could edit. Now it is simply
there. We still miss a better export, and have said so.

What convinced the board was the pilot in one plant: scrap down by a tenth in six weeks. The rollout to the others
took longer than we planned, because every plant names its lines in its own way.
"""
STORIES: Final = tuple(" ".join(story.split()) for story in _STORIES.split("\n\n"))
QUOTES: Final = (
    "The planners now go home an hour earlier.",
    "Eleven working days instead of a quarter.",
    "It is simply there on Monday.",
    "Scrap down by a tenth in six weeks.",
)
ANSWERS: Final[tuple[dict[str, object], ...]] = (
    {"answer-1": "Exports", "answer-2": "4", "several-3": ["Office"], "answer-4": "The Monday report."},
    {"answer-1": "Mobile app", "answer-2": "3", "several-3": ["Depot", "On the road"], "answer-4": ""},
    {
        "answer-1": "Faster search",
        "answer-2": "5",
        "several-3": ["Office", "Depot"],
        "answer-4": "Nothing else is as quick.",
    },
)
"""To what is asked above."""


@dataclass(frozen=True, slots=True)
class Gift:
    """A reward of the demo; `level` by its name."""

    name: str
    description: str
    art: str
    price: int
    stock: int | None
    delivery: str
    per_person: int | None = None
    per_year: int | None = None
    level: str | None = None
    approval: bool = False


GIFTS: Final = (
    Gift(
        "Trail jacket",
        "Warm, light, with a small star.",
        "jacket",
        1_500,
        12,
        "By post within two weeks; we ask for size and address.",
    ),
    Gift(
        "Coffee for the team",
        "A voucher for ten good coffees.",
        "coffee",
        300,
        None,
        "By e-mail within two working days.",
    ),
    Gift("A book of your choice", "Tell us the title.", "book", 250, None, "By post within a week."),
    Gift(
        "Product council seat",
        "One hour with the product team, every quarter.",
        "seat",
        800,
        6,
        "Your manager invites you.",
        per_person=1,
        level="Gold",
    ),
    Gift(
        "Give to clean water", "We give 50 euros in your name.", "donation", 500, None, "You get the receipt by e-mail."
    ),
    Gift(
        "Conference ticket",
        "Two days at the annual meeting.",
        "ticket",
        2_400,
        3,
        "By e-mail, in your name.",
        per_year=1,
        approval=True,
    ),
    Gift(
        "Noise-cancelling headphones", "For the open-plan office.", "headphones", 3_000, 2, "By post within two weeks."
    ),
    Gift("Star mug", "Holds half a litre.", "mug", 150, 40, "By post within two weeks.", per_year=2),
)
