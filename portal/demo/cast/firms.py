"""The companies of the demo and what they bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Firm:
    """A company of the demo: a customer, or a prospect that somebody sells to."""

    name: str
    domain: str
    industry: str
    country: str
    employees: int
    products: tuple[str, ...] = ()


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
    Firm("Amber Stores", "amber-stores.example", "Retail", "France", 820, ("Routing",)),
    Firm("Baltic Freight", "baltic-freight.example", "Logistics", "Poland", 1_700, ("Routing", "Dock")),
    Firm("Cedar Valley Hospital", "cedar-valley.example", "Healthcare", "Canada", 2_900, ("Insights",)),
    Firm("Dune Telecom", "dune-telecom.example", "Telecommunications", "Morocco", 3_300, ("Insights", "Ledger")),
    Firm("Elm Street Credit", "elm-street.example", "Finance", "United States", 260, ("Ledger",)),
    Firm("Fjord Seafood", "fjord-seafood.example", "Food", "Norway", 540, ("Routing", "Dock")),
    Firm("Granite Works", "granite-works.example", "Manufacturing", "United Kingdom", 1_250, ("Dock",)),
    Firm("Halcyon Hotels", "halcyon-hotels.example", "Hospitality", "Portugal", 2_050, ("Insights",)),
    Firm("Indigo Apparel", "indigo-apparel.example", "Retail", "India", 4_700, ("Routing", "Dock", "Insights")),
    Firm("Juniper Labs", "juniper-labs.example", "Life sciences", "Switzerland", 380, ("Insights",)),
    Firm("Kite Airways", "kite-airways.example", "Travel", "Ireland", 6_100, ("Routing", "Insights")),
    Firm("Larch Timber", "larch-timber.example", "Manufacturing", "Finland", 690, ("Dock", "Routing")),
    Firm("Mistral Energy", "mistral-energy.example", "Energy", "France", 7_800, ("Ledger", "Insights")),
    Firm("Nimbus Software", "nimbus-software.example", "Software", "Netherlands", 150, ("Insights",)),
    Firm("Oakfield Council", "oakfield.example", "Public sector", "United Kingdom", 1_450, ("Ledger",)),
    Firm("Pampa Beef", "pampa-beef.example", "Food", "Argentina", 2_200, ("Routing", "Dock")),
    Firm("Quartz Motors", "quartz-motors.example", "Manufacturing", "Germany", 9_400, ("Dock", "Insights")),
    Firm("Rhone Textiles", "rhone-textiles.example", "Manufacturing", "France", 430, ("Dock",)),
    Firm("Sable Insurance", "sable-insurance.example", "Finance", "South Africa", 1_600, ("Ledger", "Insights")),
    Firm("Tamarind Pharmacies", "tamarind.example", "Healthcare", "Singapore", 980, ("Routing", "Insights")),
    Firm("Umbra Security", "umbra-security.example", "Software", "Israel", 210, ("Insights",)),
    Firm("Verde Markets", "verde-markets.example", "Retail", "Mexico", 3_500, ("Routing",)),
    Firm("Willow Academies", "willow-academies.example", "Education", "Ireland", 720, ("Insights",)),
    Firm("Xylo Instruments", "xylo.example", "Manufacturing", "Japan", 330, ("Dock",)),
    Firm("Yarrow Care Homes", "yarrow-care.example", "Healthcare", "Australia", 1_100, ("Insights",)),
    Firm("Zephyr Couriers", "zephyr-couriers.example", "Logistics", "Italy", 640, ("Routing",)),
    Firm("Anchor Shipping", "anchor-shipping.example", "Logistics", "Denmark", 5_200, ("Routing", "Ledger")),
    Firm("Birchwood Foods", "birchwood-foods.example", "Food", "Sweden", 870, ("Routing", "Dock")),
    Firm("Copper Ridge Mining", "copper-ridge.example", "Energy", "Chile", 4_050, ("Ledger",)),
    Firm("Delta Water", "delta-water.example", "Public sector", "Netherlands", 1_900, ("Insights", "Ledger")),
    Firm("Equinox Studios", "equinox-studios.example", "Media", "Spain", 120, ("Insights",)),
    Firm("Fern Hill Clinics", "fern-hill.example", "Healthcare", "United Kingdom", 350, ("Insights",)),
    Firm("Garnet Tools", "garnet-tools.example", "Manufacturing", "Austria", 560, ("Dock",)),
    Firm("Harvest Union", "harvest-union.example", "Food", "Brazil", 6_700, ("Routing", "Insights", "Ledger")),
    Firm("Iris Optics", "iris-optics.example", "Life sciences", "Germany", 290, ("Dock", "Insights")),
    Firm("Jasper Rail", "jasper-rail.example", "Travel", "Switzerland", 3_900, ("Routing", "Insights")),
)

PROSPECTS: Final = (
    Firm("Brightline Health", "brightline.example", "Healthcare", "United States", 4_100),
    Firm("Meridian Haulage", "meridian-haulage.example", "Logistics", "France", 1_300),
    Firm("Orchard Stores", "orchard-stores.example", "Retail", "United Kingdom", 780),
    Firm("Voltaic Grid", "voltaic.example", "Energy", "Canada", 6_400),
    Firm("Union Credit", "union-credit.example", "Finance", "Germany", 2_100),
    Firm("Precision Tools", "precision-tools.example", "Manufacturing", "Germany", 350),
    Firm("Northgate Clinics", "northgate.example", "Healthcare", "United Kingdom", 1_050),
    Firm("Sierra Parcels", "sierra-parcels.example", "Logistics", "Spain", 2_300),
    Firm("Lakeside Bank", "lakeside-bank.example", "Finance", "Canada", 3_200),
    Firm("Tundra Foods", "tundra-foods.example", "Food", "Finland", 610),
    Firm("Castle Learning", "castle-learning.example", "Education", "Ireland", 190),
    Firm("Monsoon Retail", "monsoon-retail.example", "Retail", "India", 5_500),
)
