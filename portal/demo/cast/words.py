"""What people of the demo say."""

from __future__ import annotations

from typing import Final

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
ANSWERS: Final[dict[str, tuple[dict[str, object], ...]]] = {
    "Three questions": (
        {"answer-1": "Exports", "answer-2": "4", "several-3": ["Office"], "answer-4": "The Monday report."},
        {"answer-1": "Mobile app", "answer-2": "3", "several-3": ["Depot", "On the road"], "answer-4": ""},
        {
            "answer-1": "Faster search",
            "answer-2": "5",
            "several-3": ["Office", "Depot"],
            "answer-4": "Nothing else is as quick.",
        },
    ),
    "Your questions": (
        {"answer-1": "When does the planner learn our holidays?", "answer-2": "4"},
        {"answer-1": "Why are there two ways to split an order?", "answer-2": "3"},
    ),
    "Three names": ({"answer-1": "Week in view"}, {"answer-1": "Monday"}),
}
"""To what the stages of these titles ask."""

TOPICS: Final = (("Rollout", "Training"), ("Migration",), ("Reporting", "Rollout"), ("Security review",))
HEADLINES: Final = (
    "Moved nine depots in nine days",
    "Eleven plants on one system",
    "From spreadsheets to one Monday report",
    "Went live in six weeks, in two languages",
    "Trained four hundred people without a classroom",
)
