"""Spellings of one word: those that join by themselves, those that somebody decided, those only proposed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from flask_babel import LazyString
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.database.invariants import invariant
from portal.imports.models import Origin, Spelling
from portal.imports.report import Joined, Proposal

_CLOSE: Final = 0.86
"""Share of letters in common from which on two words are proposed to be one."""
_COMPARED: Final = 300
"""So many values, the most frequent, are compared with each other."""
_DISTINCT: Final = "+#"
"""Punctuation that makes names differ: C, C++ and C# are three."""

invariant(
    "imports.spellings_end",
    "What a spelling means is not itself a spelling of something else.",
    "SELECT word.vocabulary || ': ' || word.written AS what FROM spelling word JOIN spelling meaning"
    " ON meaning.vocabulary = word.vocabulary AND lower(meaning.written) = lower(word.means)"
    " WHERE lower(meaning.means) <> lower(meaning.written)",
)

Known = Callable[[Session], Mapping[str, int]]
Apply = Callable[[Session, str, str], int]


@dataclass(slots=True)
class Vocabulary:
    """Words that rows share. `known` counts those stored; `common` are right as they are; `applies` rewrite rows."""

    key: str
    label: str | LazyString
    known: Known
    common: tuple[str, ...]
    applies: list[Apply] = field(default_factory=list)


@dataclass(slots=True)
class Settled:
    """What each value of a file is read as, and what the report says of it."""

    means: dict[str, str]
    joined: list[Joined]
    proposed: list[Proposal]


_VOCABULARIES: Final[dict[str, Vocabulary]] = {}


def vocabulary(key: str, label: str | LazyString, *, known: Known, common: Iterable[str] = ()) -> None:
    """Register a vocabulary."""
    _VOCABULARIES[key] = Vocabulary(key, label, known, tuple(common))


def applies(key: str, rewrite: Apply) -> None:
    """Let `rewrite(session, written, means)` change a slice's stored rows when somebody decides; it returns how many.

    The slices that registered last, those that stand higher, rewrite first.
    """
    _VOCABULARIES[key].applies.append(rewrite)


def find(key: str) -> Vocabulary:
    """The vocabulary of that key."""
    return _VOCABULARIES[key]


def fold(text: str) -> str:
    """A word without case, spaces and punctuation."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum() or character in _DISTINCT) or plain


def decide(session: Session, key: str, written: str, means: str, *, by: Actor) -> int:
    """Remember that `written` means `means` (itself: a word of its own); how many stored rows changed with it."""
    earlier = _remembered(session, key).get(means.lower())
    if earlier is not None and earlier.means.lower() not in (written.lower(), means.lower()):
        means = earlier.means
    _keep(session, key, written, means, origin=Origin.DECIDED, by=by.person_id)
    audit.record(session, "spelling.decide", f"spelling:{key}", by=by, written=written, means=means)
    if written == means:
        return 0
    return sum(rewrite(session, written, means) for rewrite in reversed(find(key).applies))


def settle(session: Session, key: str, counts: Mapping[str, int]) -> Settled:
    """Read the values of a file (with their numbers of rows) by what is decided, stored, or equal but for case."""
    words = find(key)
    stored = words.known(session)
    remembered = _remembered(session, key)
    spelled = _Spellings(stored, counts, remembered)
    settled = Settled({}, [], [])
    open_words: dict[str, int] = {}
    for written, rows in counts.items():
        means, decided = spelled.means(written)
        settled.means[written] = means
        if means != written:
            settled.joined.append(Joined(str(words.label), written, means, rows, decided))
        if not decided:
            open_words[means] = open_words.get(means, 0) + rows
    settled.proposed = _proposals(words, open_words, stored)
    return settled


def remember_joined(session: Session, key: str, settled: Settled) -> None:
    """Remember what joined by itself, so that it is read the same next time."""
    for each in settled.joined:
        if not each.remembered and each.written.lower() != each.means.lower():
            _keep(session, key, each.written, each.means, origin=Origin.JOINED)


def _keep(session: Session, key: str, written: str, means: str, *, origin: Origin, by: int | None = None) -> None:
    """Store a spelling so that no meaning is itself a spelling of something else; the last one told counts."""
    of_this = Spelling.vocabulary == key
    away = (func.lower(Spelling.written) == means.lower()) & (func.lower(Spelling.means) != means.lower())
    session.execute(delete(Spelling).where(of_this, away))
    told = {"means": means, "origin": origin, "decided_by": by}
    session.execute(
        insert(Spelling)
        .values(vocabulary=key, written=written, **told)
        .on_conflict_do_update(index_elements=[Spelling.vocabulary, func.lower(Spelling.written)], set_=told)
    )
    session.execute(update(Spelling).where(of_this, func.lower(Spelling.means) == written.lower()).values(means=means))


def occurs(session: Session, key: str, written: str, counts: Mapping[str, int]) -> bool:
    """Whether a word is in a file, stored, or remembered."""
    known = {word.lower() for word in (*counts, *find(key).known(session), *_remembered(session, key))}
    return written.lower() in known


def _remembered(session: Session, key: str) -> dict[str, Spelling]:
    found = session.scalars(
        select(Spelling).where(Spelling.vocabulary == key).execution_options(populate_existing=True)
    )
    return {spelling.written.lower(): spelling for spelling in found}


class _Spellings:
    """What a word means, from what is decided, stored, remembered and in the file, in this order."""

    def __init__(
        self, stored: Mapping[str, int], counts: Mapping[str, int], remembered: Mapping[str, Spelling]
    ) -> None:
        self._stored = stored
        self._decided = {word: each for word, each in remembered.items() if each.origin is Origin.DECIDED}
        self._decided_folds = {
            fold(each.written): each.means for each in self._decided.values() if each.written != each.means
        }
        self._joined = {word: each.means for word, each in remembered.items() if each.origin is Origin.JOINED}
        self._best_stored, self._best_here = _most_frequent(stored), _most_frequent(counts)

    def means(self, written: str) -> tuple[str, bool]:
        """The meaning, and whether somebody decided it."""
        if decision := self._decided.get(written.lower()):
            return decision.means, True
        if written in self._stored:
            return written, False
        shape = fold(written)
        if (means := self._decided_folds.get(shape)) is not None:
            return means, True
        return self._best_stored.get(shape) or self._joined.get(written.lower()) or self._best_here[shape], False


def _most_frequent(words: Mapping[str, int]) -> dict[str, str]:
    """Of spellings that are equal but for case, spaces and punctuation the one most used, else the first."""
    best: dict[str, str] = {}
    for word, count in words.items():
        shape = fold(word)
        if shape not in best or count > words[best[shape]]:
            best[shape] = word
    return best


def _proposals(words: Vocabulary, open_words: Mapping[str, int], stored: Mapping[str, int]) -> list[Proposal]:
    common = {fold(word): word for word in words.common}
    frequent = sorted(open_words, key=lambda word: -open_words[word])[:_COMPARED]
    weights = {word: stored.get(word, 0) + open_words.get(word, 0) for word in (*stored, *open_words)}
    rivals = sorted(weights, key=lambda word: -weights[word])[:_COMPARED]
    proposals = []
    for word in frequent:
        if fold(word) in common:
            continue
        likely = [rival for rival in rivals if fold(rival) != fold(word) and _outranks(rival, word, stored, weights)]
        means = _closest(word, words.common) or _closest(word, likely)
        if means is not None:
            means = means.lower() if means in words.common and word.islower() else means
            proposals.append(Proposal(words.key, str(words.label), word, means, open_words[word]))
    return proposals


def _outranks(rival: str, word: str, stored: Mapping[str, int], weights: Mapping[str, int]) -> bool:
    """What is stored is likelier to be right than what is new; among equals the more frequent."""
    return (rival in stored, weights[rival]) > (word in stored, weights[word])


def _closest(word: str, others: Iterable[str]) -> str | None:
    """The word most alike, if it is alike enough and has the same digits: GTK 500 is not GTK 501."""
    shape = fold(word)
    matcher = SequenceMatcher(b=shape, autojunk=False)
    best, best_ratio = None, _CLOSE
    for other in others:
        other_shape = fold(other)
        if _digits(other_shape) != _digits(shape):
            continue
        matcher.set_seq1(other_shape)
        if matcher.real_quick_ratio() >= best_ratio and matcher.quick_ratio() >= best_ratio:
            ratio = matcher.ratio()
            if ratio >= best_ratio:
                best, best_ratio = other, ratio
    return best


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
