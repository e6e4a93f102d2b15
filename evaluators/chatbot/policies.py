"""Policies that a bot may quote: short texts with an owner and a date, searched offline; no answer without a source."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators.chatbot._policy_files import POLICY_BYTES, Policy, Section, read_policy
from evaluators.chatbot.errors import PolicyError
from evaluators.chatbot.turn import Citation

__all__ = ["POLICY_BYTES", "Policies", "Policy", "PolicyFinding", "Section", "find_policy"]

SURE = 0.6  # share of the question's words, weighed by rarity, that a sentence and its headings must hold
ON_TOPIC = 0.4  # the same where the matter is already known
_TIE = 0.03
_NEARLY_ALL = 0.85
_BETTER = 0.1
_MAX_FILES = 500
_HEADING, _TITLE = 0.8, 0.7
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_AMOUNT = re.compile(r"\bhow (many|much|long|often|soon|late|fast|old)\b|\bwhen\b|\blimit\b|\bdeadline\b")
_HAS_AMOUNT = re.compile(r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|half|first)\b")
_CASE = re.compile(r"(?:If|When|After)\b([^,]+),")
_ASKS = re.compile(
    r"\b(policy|policies|handbook|guidelines?|rules?|regulations?|entitled|entitlement|allowed|"
    r"according to|company says|official(ly)?)\b"
)
_QUESTION = re.compile(
    r"\?|^(who|what|when|where|how|which|why|do|does|did|is|are|am|can|could|may|must|should|will|would)\b"
    r"|\b(can|may|must|do|should) (i|we|he|she|they|you)\b"
    r"|^(and|but|so) (if|when|what|how|who|can|do|does|is|are|will)\b"
)
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        """
a about after again all also am an and any anybody are as at be been but by can could did do does doing
employee employees for from get give go got had has have having he hello help her hi his how i if in into is
it its just know like long many may me mean much must my need no not of off on one or our out over please
policies policy rule rules say says she should so some somebody someone tell than thank thanks that the their
them then there these they this to tarnbrook company up us want was we were what when where which who whom why
will with work would you your i'm i've i'd don't can't
""",
    )
)


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """What a search of the policies found, or why it found nothing.

    Attributes
    ----------
    citation : Citation or None
        The sentence to quote and where it stands; None where the policies do not answer, or contradict each other.
    title : str
        Title of the policy; empty if there is none.
    score : float
        Share (0-1) of the question's words, weighed by rarity, that the best sentence and its headings hold.
    only_summary : bool
        Whether the policy fits and no sentence of it answers, so that its first sentence is quoted.
    words : tuple of str
        Words of the question that were found.
    reason : str
        Why, in plain words.
    """

    citation: Citation | None
    title: str
    score: float
    only_summary: bool
    words: tuple[str, ...]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self) | {"words": list(self.words)}

    def summary(self) -> str:
        """Say in plain words what was found, and what that does not prove."""
        return f"{self.reason} The search compares words; whether the sentence fits the case, a person decides."


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence and the words that can be found by it, each with its weight.

    `about` are words that only this policy's title has, `case` those of a clause that narrows it ("If the funeral is
    abroad,"), `pairs` two words in a row.
    """

    policy: Policy
    section: str
    sentence: str
    words: dict[str, float]
    about: frozenset[str]
    case: frozenset[str]
    pairs: frozenset[str]
    first: bool


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that are in force on a day.

    Attributes
    ----------
    current : tuple of Policy
        The newest version of each policy, by name.
    conflicting : tuple of str
        Names of policies of which two versions claim the same time; they are never quoted.
    passed_over : tuple of str
        Files that are not in force: superseded, ended, or not yet begun.
    as_of : date
        The day.
    """

    current: tuple[Policy, ...]
    conflicting: tuple[str, ...]
    passed_over: tuple[str, ...]
    as_of: date
    _lines: tuple[_Line, ...] = field(repr=False)
    _rarity: dict[str, float] = field(repr=False)

    @classmethod
    def load(cls, folder: str | Path, *, as_of: date | None = None) -> "Policies":
        """Read all ``.md`` files of a folder, and keep what is in force.

        A file begins with a block of ``key: value`` lines between two lines ``---``: ``policy`` (its name, the same in
        all versions), ``title``, ``owner``, ``version`` and ``valid_from``; if wanted ``valid_until``, ``topics``
        (intents of the bot that it answers) and ``also`` (other words that people use). Sections begin with ``##``;
        the first is the summary.

        Parameters
        ----------
        folder : path
            Where the files lie.
        as_of : date, optional
            The day on which a policy must be in force; by default today.

        Raises
        ------
        PolicyError
            If the folder is missing or holds no policy, or a file cannot be read; all problems at once, with lines.
        """
        root = Path(folder)
        files = sorted(root.glob("*.md")) if root.is_dir() else []
        files = [file for file in files if file.name.casefold() != "readme.md"]
        if not files or len(files) > _MAX_FILES:
            raise PolicyError(
                f"{root} holds {len(files) or 'no'} policies.", f"Put 1 to {_MAX_FILES} files named .md there."
            )
        read, problems = [], []
        for file in files:
            try:
                read.append(read_policy(file))
            except PolicyError as error:
                problems.append(f"- {error.problem}")
        if problems:
            raise PolicyError("\n".join(["Policies cannot be read:", *problems]), "Mend them in the files named.")
        return cls.of(read, as_of=as_of)

    @classmethod
    def of(cls, policies: Iterable[Policy], *, as_of: date | None = None) -> "Policies":
        """Keep what is in force of policies that were read."""
        day = as_of or date.today()
        begun: dict[str, list[Policy]] = {}
        passed: list[str] = []
        for each in policies:
            if each.valid_from <= day and (each.valid_until is None or day <= each.valid_until):
                begun.setdefault(each.policy, []).append(each)
            else:
                passed.append(each.document)
        current, conflicting = [], []
        for name, versions in sorted(begun.items()):
            newest = max(each.valid_from for each in versions)
            kept = [each for each in versions if each.valid_from == newest]
            passed += [each.document for each in versions if each.valid_from != newest]
            if len(kept) > 1:
                conflicting.append(name)
            current += kept
        titles = Counter(word for each in current for word in _about(each))
        lines = tuple(line for each in current for line in _lines_of(each, titles))
        seen = Counter(word for line in lines for word in line.words)
        rarity = {word: math.log(1 + len(lines) / count) for word, count in seen.items()}
        return cls(tuple(current), tuple(conflicting), tuple(sorted(passed)), day, lines, rarity)

    def find(self, question: str, *, topic: str | None = None) -> PolicyFinding:
        """Find the sentence that answers a question, or say why there is none.

        Each word of the question counts by how rare it is in the policies; a word that no policy knows counts as the
        rarest. A sentence scores the share of that weight that it holds, words of its heading and title counting less.
        One that speaks of a case ("If the funeral is abroad, …") counts half unless the question speaks of it.

        Parameters
        ----------
        question : str
            As typed; its first 1,000 characters are read.
        topic : str, optional
            What the message is about (an intent of the bot): only policies with this topic are searched, and one of
            them is quoted by its summary where no sentence fits better, and where nothing is asked. Without a topic, a
            word that only this policy's title has must be in the question, too, unless hardly a word is left over.
        """
        typed = _stems(question[:1000])
        wanted, pairs = sorted(set(typed)), _pairs(typed)
        lines = [line for line in self._lines if topic is None or topic in line.policy.topics]
        if not lines:
            return _nothing("No policy is about this." if topic else "There are no policies to search.")
        unknown = math.log(1 + len(self._lines))
        weights = {word: self._rarity.get(word, unknown) for word in wanted}
        total = sum(weights[word] for word in wanted)
        amount = bool(_AMOUNT.search(question.casefold()))
        ranked = sorted(
            ((*_score(line, wanted, pairs, weights, total, amount), place) for place, line in enumerate(lines)),
            key=lambda each: (-each[0], each[2]),
        )
        score, shown, place = ranked[0]
        best = lines[place]
        case = bool(best.case & set(wanted))  # "I have no money for rent" and "If an error leaves you without money"
        told = topic is not None and not is_question(question) and not (case and shown >= SURE)
        fits = score >= (ON_TOPIC if topic else SURE) and (
            topic or (shown >= _NEARLY_ALL and len(wanted) > 1) or best.about & set(wanted)
        )
        if told or not wanted or not fits:
            if topic is None:
                return _nothing("No sentence of the policies holds enough of the question's words.", shown)
            best = next(line for line in lines if line.first)
            shown = next(shown for _, shown, rank in ranked if lines[rank] is best)
            return self._found(best, wanted, shown, not told)
        for other, _, rank in ranked[1:]:
            rival = lines[rank].policy
            if score - other > _TIE:
                break
            if rival.policy != best.policy.policy:
                return _nothing(
                    f'"{best.policy.title}" and "{rival.title}" fit the question equally well, so neither is quoted.',
                    shown,
                )
        return self._found(best, wanted, shown, False)

    def _found(self, line: _Line, wanted: list[str], score: float, only_summary: bool) -> PolicyFinding:
        policy = line.policy
        if policy.policy in self.conflicting:
            return _nothing(
                f'There are two versions of "{policy.title}" for the same time, so neither is quoted.', score
            )
        words = tuple(word for word in wanted if word in line.words)
        where = f'{policy.document}, section "{line.section}" (version {policy.version}, from {policy.valid_from})'
        if line.first and not only_summary and score < ON_TOPIC:
            reason = f"Nothing was asked, so the policy's summary is quoted: {where}."
            return PolicyFinding(_cited(line), policy.title, round(score, 4), False, words, reason)
        reason = (
            f"No sentence of the policy fits the question closely, so its summary is quoted: {where}."
            if only_summary
            else f"Quoted from {where}; it has {score:.0%} of the question's words, rare ones counting more."
        )
        return PolicyFinding(_cited(line), policy.title, round(score, 4), only_summary, words, reason)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per policy in force: what it is called, who owns it, since when."""
        columns = ["policy", "title", "document", "owner", "version", "valid_from"]
        return pd.DataFrame([{name: getattr(each, name) for name in columns} for each in self.current], columns=columns)

    def summary(self) -> str:
        """Say in plain words what can be quoted, and what that does not prove."""
        said = f"{len(self.current) - len(self.conflicting)} policies can be quoted on {self.as_of.isoformat()}."
        if self.passed_over:
            said += f" Not in force: {', '.join(self.passed_over)}."
        if self.conflicting:
            said += f" Two versions at once, never quoted: {', '.join(self.conflicting)}."
        return f"{said} That they are in force is what their own dates say; ask their owners."


def find_policy(question: str, *, policies: Policies | None = None, topic: str | None = None) -> Citation | None:
    """Return the sentence of a policy that answers a question, or None.

    Parameters
    ----------
    question : str
        As typed.
    policies : Policies, optional
        What to search; by default the made-up policies of Tarnbrook, as of 22 November 2026.
    topic : str, optional
        As in `Policies.find`.

    Examples
    --------
    >>> find_policy("How many days of leave do I have when my child is ill?").words
    "You have five paid days of carer's leave a year when your child is ill."
    >>> find_policy("May I bring my dog?") is None
    True
    """
    return (policies or _tarnbrook()).find(question, topic=topic).citation


def asks_policy(text: str) -> bool:
    """Tell whether a message asks for a rule, so that an answer needs a source."""
    return bool(_ASKS.search(text.casefold()))


def asks_amount(text: str) -> bool:
    """Tell whether a message asks how much, how long or when, to which a policy may have a figure."""
    return bool(_AMOUNT.search(text.casefold()))


def is_question(text: str) -> bool:
    """Tell whether a message reads as a question."""
    return bool(_QUESTION.search(text.casefold().strip()))


@lru_cache(maxsize=1)
def _tarnbrook() -> Policies:
    from evaluators.chatbot._example import EXAMPLE_DAY
    from evaluators.data import dataset_folder

    return Policies.load(dataset_folder("hr_bot") / "policies", as_of=EXAMPLE_DAY)


def _cited(line: _Line) -> Citation:
    return Citation(line.policy.document, line.section, line.sentence, line.policy.valid_from.isoformat())


def _nothing(reason: str, score: float = 0.0) -> PolicyFinding:
    return PolicyFinding(None, "", round(score, 4), False, (), reason)


def _about(policy: Policy) -> set[str]:
    return set(_stems(f"{policy.title} {policy.also}"))


def _lines_of(policy: Policy, titles: Mapping[str, int]) -> Iterable[_Line]:
    about = dict.fromkeys(_about(policy), _TITLE)
    summary = frozenset(_stems(policy.sections[0].text))
    title = frozenset(word for word in about if titles[word] == 1)
    for number, section in enumerate(policy.sections):
        heading = about | dict.fromkeys(_stems(section.heading), _HEADING)
        for place, sentence in enumerate(_SENTENCE.split(section.text)):
            words = heading | dict.fromkeys(_stems(sentence), 1.0)
            clause = _CASE.match(sentence)
            case = frozenset(_stems(clause.group(1))) - about.keys() - summary if clause else frozenset()
            yield _Line(
                policy,
                section.heading,
                sentence,
                words,
                title,
                case,
                frozenset(_pairs(_stems(sentence))),
                number == place == 0,
            )


def _score(
    line: _Line, wanted: list[str], pairs: set[str], weights: dict[str, float], total: float, amount: bool
) -> tuple[float, float]:
    """Return the score for ranking, and the one to show.

    For ranking, a sentence gains by a figure where one is asked, by the case that was named, by two words in a row.
    """
    shown = sum(weights[word] * line.words.get(word, 0.0) for word in wanted) / total if total else 0.0
    if line.case and not line.case & set(wanted):
        shown /= 2
    extra = 0.0
    if shown:
        extra += _BETTER * (amount and bool(_HAS_AMOUNT.search(line.sentence.casefold())))
        extra += _BETTER * bool(line.case & set(wanted)) + _BETTER * bool(line.pairs & pairs)
    return shown + extra, shown


def _stems(text: str) -> list[str]:
    """Return the words that carry meaning, with the commonest endings taken off."""
    words = _WORD.findall(text.replace("’", "'").casefold())
    stems = [_stem(word) for word in words if word not in _EMPTY]
    return [stem for stem in stems if stem not in _EMPTY]


def _pairs(stems: list[str]) -> set[str]:
    return {f"{one} {other}" for one, other in itertools.pairwise(stems)}


def _stem(word: str) -> str:
    word = word.removesuffix("'s").replace("'", "")
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + rest
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
