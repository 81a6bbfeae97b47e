"""Common names of sectors and countries: what a close spelling is proposed to mean, before anything is stored."""

from __future__ import annotations

from typing import Final

from babel import Locale

SECTORS: Final = tuple(
    word.strip()
    for word in """
    accounting, advertising, aerospace, agriculture, airlines, architecture, automotive, aviation, banking, biotechnology,
    chemicals, communications, construction, consulting, consumer goods, cybersecurity, defense, design, distribution,
    e-commerce, education, electronics, employment, energy, engineering, entertainment, environment, events, fashion,
    finance, financial services, fitness, food, food and beverages, gambling, gaming, government, hardware, health,
    healthcare, hospitality, human resources, information technology, infrastructure, insurance, internet, investment,
    legal, leisure, life sciences, logistics, machinery, manufacturing, maritime, marketing, media, medical, mining,
    music, nonprofit, oil and gas, pharmaceuticals, professional services, public sector, publishing, real estate,
    recruiting, renewable energy, research, restaurants, retail, robotics, security, semiconductors, services, shipping,
    software, sports, staffing, technology, telecommunications, textiles, tourism, training, transportation, travel,
    utilities, venture capital, wholesale
    """.split(",")
)
"""In small letters; a proposal follows the capitals of the word it is made for."""

COUNTRIES: Final = tuple(
    sorted(name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha())
)
"""The English names of the world's countries and territories."""
