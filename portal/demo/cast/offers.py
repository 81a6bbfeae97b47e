"""The challenges of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Offer:
    """A challenge of the demo: its stages are (kind, title, instructions, points).

    It is published so many days after the program began (never: a draft), and archived, or closed by itself, so many
    days after it was published.
    """

    title: str
    summary: str
    activity: str
    minutes: int
    stages: tuple[tuple[str, str, str, int], ...]
    after: float | None
    industries: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    archived_after: float | None = None
    open_for: float | None = None


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
        2,
    ),
    Offer(
        "A quote about your first month",
        "One or two sentences that a colleague would believe.",
        "quote",
        5,
        (("story", "Your words", "What surprised you in the first month?", 120),),
        2,
    ),
    Offer(
        "Try the new dispatch board",
        "Open it once with real data and tell us that you did.",
        "survey",
        10,
        (("confirm", "I have tried it", "Look at tomorrow's routes in the new board.", 40),),
        12,
    ),
    Offer(
        "How does your clinic use Insights?",
        "Other hospitals ask us that every week.",
        "case_study",
        15,
        (("story", "How you use it", "Which report do you open first, and why?", 200),),
        30,
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
        45,
        industries=("Logistics", "Retail"),
    ),
    Offer(
        "Answer our two-minute roadmap survey",
        "You decide what comes first.",
        "survey",
        2,
        (("questions", "Three questions", "There are no wrong answers.", 30),),
        60,
    ),
    Offer(
        "Tell a colleague's story with us",
        "The best stories have two voices: yours, and that of somebody who works with it all day.",
        "story",
        15,
        (
            ("confirm", "Ask your colleague first", "A short yes is enough.", 20),
            ("story", "Two voices", "What does each of you see that the other does not?", 320),
        ),
        95,
    ),
    Offer(
        "Learn the new planner in twelve minutes",
        "Watch the lesson, then tell us one thing that you will use.",
        "learning",
        12,
        (
            ("visit", "Watch the planner lesson", "Twelve minutes, with subtitles.", 40),
            ("story", "One thing I will use", "A sentence is enough.", 60),
        ),
        120,
    ),
    Offer(
        "Share our customer day with your network",
        "A few of your own words, wherever your colleagues read.",
        "social_share",
        5,
        (("confirm", "I have shared it", "Use your own words; no hashtags needed.", 50),),
        140,
        open_for=30,
    ),
    Offer(
        "What would you ask the product team?",
        "They answer in person, each quarter.",
        "survey",
        4,
        (("questions", "Your questions", "As many as you like; the first one counts.", 35),),
        165,
    ),
    Offer(
        "Your year-end closing with Ledger",
        "For finance teams who closed their first year with it.",
        "case_study",
        15,
        (("story", "The closing", "How many days did it take before, how many now?", 260),),
        60,
        industries=("Finance",),
        archived_after=120,
    ),
    Offer(
        "Speak for ten minutes at our regional meeting",
        "We help with the slides and pay the train.",
        "speaking",
        60,
        (
            ("confirm", "I am in", "We will call you about date and place.", 60),
            ("story", "Your talk in five lines", "What will people know afterwards that they did not before?", 500),
        ),
        200,
    ),
    Offer(
        "A photo-free tour of your depot",
        "Describe the way of one parcel, door to door.",
        "story",
        10,
        (("story", "The way of one parcel", "Where does it wait, and why?", 180),),
        80,
        industries=("Logistics", "Retail", "Food"),
        archived_after=150,
    ),
    Offer(
        "Try the offline scanner",
        "One shift without network tells us more than a month in the lab.",
        "survey",
        20,
        (
            ("confirm", "One shift offline", "Switch the network off, and on again at the end.", 80),
            ("story", "What happened", "What did you miss, what was faster?", 140),
        ),
        230,
        industries=("Logistics", "Food", "Manufacturing"),
    ),
    Offer(
        "Help us name the new report",
        "Three names are on the table. One is awful.",
        "survey",
        1,
        (("questions", "Three names", "There are no wrong answers.", 15),),
        255,
        open_for=40,
    ),
    Offer(
        "Tell a peer why you stayed",
        "Two years in, what keeps you?",
        "quote",
        5,
        (("story", "Why we stayed", "Honest is better than nice.", 130),),
        290,
    ),
    Offer(
        "Lessons from a bad week",
        "What went wrong, and how did you get out? We learn most from these.",
        "story",
        12,
        (("story", "The bad week", "What would have helped you?", 240),),
        40,
        archived_after=200,
    ),
    Offer(
        "Come to the spring webinar",
        "Forty minutes, questions welcome.",
        "learning",
        40,
        (("visit", "Take a seat", "The link opens the webinar room.", 50),),
        None,
    ),
    Offer(
        "Your carbon numbers with Routing",
        "Which kilometres did you save?",
        "case_study",
        15,
        (("story", "Kilometres", "Before and after, in your own figures.", 280),),
        None,
        industries=("Logistics", "Retail", "Food"),
    ),
    Offer(
        "A minute on video",
        "Your telephone is good enough.",
        "video",
        10,
        (("confirm", "I would like to", "We send you three questions.", 30),),
        None,
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
    "Watch the planner lesson": {"address": "https://learn.northstar.example/planner", "button": "Open the lesson"},
    "Take a seat": {"address": "https://events.northstar.example/spring", "button": "Open the room"},
    "Your questions": {
        "questions": [
            {"kind": "text", "ask": "What would you ask them?"},
            {"kind": "scale", "ask": "How well do we listen?", "hint": "5 is very well.", "top": 5},
        ]
    },
    "Three names": {
        "questions": [
            {"kind": "one", "ask": "Which name says what it is?", "choices": ["Pulse", "Week in view", "Monday"]},
        ]
    },
}
"""What is set up for the stages of these titles."""
