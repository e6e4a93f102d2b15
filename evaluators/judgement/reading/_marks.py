"""What people write as a rating: numbers, words with an order, letters, stars, "4 of 5", "4 - good"."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evaluators.judgement.errors import PanelError
from evaluators.judgement.panel import INTERVAL, NOMINAL, ORDINAL

NOT_RATED = frozenset(
    {
        *("", "n/a", "na", "n.a.", "n. a.", "#n/a", "nan", "null", "nil", "-", "--", "–", "—", "?", ".", "missing"),
        *("not rated", "no rating", "not applicable", "not available", "not assessed", "not scored", "skipped", "skip"),
        *("abstain", "abstained", "recused", "conflict of interest", "no opinion", "cannot judge", "can't say"),
        *("don't know", "unknown", "absent", "k.a.", "k. a.", "ka", "keine angabe", "nicht bewertet", "fehlt"),
        *("entfällt", "non noté", "pas noté", "s.o.", "sin nota", "no evaluado", "n.v.t.", "nvt"),
    }
)
# Each from the lowest to the highest; words that stand for one level are parted by a bar.
_LADDERS = tuple(
    tuple(tuple(level.split("|")) for level in ladder.split(", "))
    for ladder in (
        "strong no|strongly no|definitely no|definitely not|hard no, no|lean no|weak no|probably not, "
        "maybe|neutral|undecided|mixed|unsure|not sure|borderline|on the fence|hold, "
        "yes|lean yes|weak yes|probably yes|probably, strong yes|strongly yes|definitely yes|definitely|hard yes",
        "strong no, no, lean no|weak no|leaning no, neutral|maybe|undecided, lean yes|weak yes|leaning yes, yes, "
        "strong yes",
        "strong no hire|strong no-hire|definitely no hire, no hire|no-hire|do not hire|don't hire|not hire, "
        "lean no hire|leaning no hire|weak no hire, neutral|undecided|maybe, lean hire|leaning hire|weak hire, "
        "hire, strong hire|definitely hire",
        "strong reject|definitely reject|clear reject, reject|decline|rejected, weak reject|borderline reject, "
        "borderline|hold|on hold|maybe|waitlist, weak accept|borderline accept, accept|advance|invite|accepted|"
        "interview|shortlist|proceed, strong accept|strong advance|clear accept",
        "strongly disagree|disagree strongly, disagree, somewhat disagree|slightly disagree, "
        "neutral|neither agree nor disagree|undecided, somewhat agree|slightly agree, agree, "
        "strongly agree|agree strongly",
        "not recommended|do not recommend|would not recommend, recommended with reservations|recommend with "
        "reservations, recommended|recommend|would recommend, highly recommended|strongly recommend|strongly "
        "recommended|highly recommend",
        "terrible|awful, very poor|very bad|very weak, poor|bad|weak|unsatisfactory, fair|average|okay|ok|acceptable|"
        "satisfactory|mediocre|neutral|adequate, good|strong, very good|very strong, excellent|outstanding|exceptional",
        "very low, low, medium|moderate|average|middle, high, very high",
        "far below expectations|well below expectations|does not meet expectations, below expectations|partly meets "
        "expectations|partially meets expectations, meets expectations|meets, exceeds expectations|above expectations|"
        "exceeds, far exceeds expectations|greatly exceeds expectations|well above expectations",
        "unqualified|not qualified|unsuitable|not suitable|unfit, partly qualified|partially qualified|somewhat "
        "qualified|partly suitable, qualified|suitable|fit, well qualified|very suitable|highly qualified",
        "fail|failed, borderline, pass|passed, distinction|pass with distinction",
        "false, true",
        "auf keinen fall|klares nein, nein|ablehnen|absage|eher nein, vielleicht|unentschieden|neutral|weiß nicht, "
        "ja|einladen|zusage|eher ja, auf jeden fall|klares ja|unbedingt",
        "klares nein, nein, eher nein, vielleicht|neutral|unentschieden, eher ja, ja, klares ja",
        "sehr schlecht|sehr schwach|ungenügend, schlecht|schwach|mangelhaft, mittel|mittelmäßig|durchschnittlich|"
        "ausreichend, befriedigend|in ordnung, gut|stark, sehr gut|sehr stark, ausgezeichnet|hervorragend",
        "ungeeignet|nicht geeignet, bedingt geeignet|eingeschränkt geeignet, geeignet, gut geeignet, sehr gut geeignet",
        "trifft nicht zu|trifft gar nicht zu, trifft eher nicht zu, teils teils|teils/teils, trifft eher zu, "
        "trifft zu|trifft voll zu",
        "sehr niedrig, niedrig, mittel, hoch, sehr hoch",
        "non|certainement pas, plutôt non, peut-être|neutre|indécis, plutôt oui, oui|certainement",
        "très mauvais|très faible, mauvais|faible|insuffisant, moyen|passable, assez bien, bon|bien, très bon|très "
        "bien, excellent",
        "definitivamente no, no, quizás|quizá|tal vez|neutral, sí|si, definitivamente sí",
        "muy malo|muy mal, malo|mal, regular, bueno|bien, muy bueno|muy bien, excelente",
        "no, forse, sì|si",
        "nee, misschien, ja",
    )
)
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_NUMBERED = re.compile(r"([-+]?\d+(?:[.,]\d+)?)\s*(?:[-–—:=.)(/|]\s*(?=\D)|\s(?=[^\W\d]))\s*(.*\S)")
_OF = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(?:/|of|out of|von|sur|de|van|su)\s*(\d+)(?:\s*(?:stars?|points?|sterne|punkte))?"
)
_STARS = re.compile(r"([★⭐*✭✮]+\ufe0f?)\s*([☆✩]*)")
_COUNTED = re.compile(r"(\d+)\s*(?:stars?|points?|pts?|sterne?|punkte?|étoiles?|estrellas?)")
_LETTER = re.compile(r"([a-f])([+\-−–]?)")


@dataclass(frozen=True, slots=True)
class Marks:
    """How the texts of ratings are read.

    Parameters
    ----------
    kind : str
        ``"numbers"``, ``"words"``, ``"letters"``, ``"stars"``, ``"parts"`` (4 of 5), ``"numbered"`` (4 - good),
        ``"names"`` (a nominal scale), or ``""`` if they cannot be read.
    values : dict of str to float
        Text in small letters -> its value.
    odd : tuple of str
        Texts, as written, that cannot be read so.
    levels : tuple of float
        The scale's levels, ascending; empty for numbers.
    level_names : tuple of str
        Their words.
    scale : str
        As in `evaluators.judgement.panel.Panel`.
    sentence : str
        How they were read, where somebody should know.
    guessed : bool
        Whether the order of the levels is a guess.
    """

    kind: str
    values: dict[str, float]
    odd: tuple[str, ...] = ()
    levels: tuple[float, ...] = ()
    level_names: tuple[str, ...] = ()
    scale: str = INTERVAL
    sentence: str = ""
    guessed: bool = False

    def value(self, text: str) -> float:
        """Return a text's value, NaN where it says that nothing was rated."""
        return self.values.get(key_of(text), float("nan"))


def key_of(text: str) -> str:
    """Return a text in the form in which ratings are compared: small letters, single blanks."""
    return " ".join(text.casefold().split())


def split_levels(text: str) -> list[str]:
    """Return the levels that somebody typed in a row; a bar or a semicolon parts them before a comma does.

    Examples
    --------
    >>> split_levels("no, maybe, yes"), split_levels("1,5; 2,5")
    (['no', 'maybe', 'yes'], ['1,5', '2,5'])
    """
    sign = next((each for each in "|;" if each in text), ",")
    return [part.strip() for part in text.split(sign) if part.strip()]


def read_marks(texts: Iterable[str], *, levels: Sequence[str] | None = None, scale: str | None = None) -> Marks:
    """Find out how ratings are written, and what each is worth.

    Parameters
    ----------
    texts : iterable of str
        Every rating as written.
    levels : sequence of str, optional
        The levels from the lowest to the highest. Numbers that fall (6, 5, …, 1) say that low numbers are the best; the
        ratings are then turned round.
    scale : str, optional
        As in `Panel`; ``"nominal"`` takes words as mere names.

    Returns
    -------
    Marks

    Raises
    ------
    PanelError
        If the levels make no sense, or numbers can be read in two ways.

    Examples
    --------
    >>> found = read_marks(["Yes", "strong yes", "No", "n/a"])
    >>> found.level_names, found.value("STRONG YES")
    (('No', 'Yes', 'strong yes'), 2.0)
    >>> read_marks(["3,5", "4"]).value("3,5"), read_marks(["★★★☆☆"]).value("★★★☆☆")
    (3.5, 3.0)
    """
    written: dict[str, str] = {}
    for text in texts:
        written.setdefault(key_of(text), text.strip())
    named = {key_of(each) for each in levels or ()}
    asked = {key: text for key, text in written.items() if key not in NOT_RATED or key in named}
    if levels:
        return _by_levels(asked, [str(each).strip() for each in levels], scale)
    if scale == NOMINAL:
        names = sorted(asked, key=lambda key: asked[key])
        return Marks("names", {key: float(place) for place, key in enumerate(names)},
                     levels=tuple(map(float, range(len(names)))), level_names=tuple(asked[key] for key in names),
                     scale=NOMINAL)  # fmt: skip
    if not asked:
        return Marks("", {})
    for way in (_numbers, _parts, _stars, _numbered, _words, _letters):
        if (found := way(asked)) is not None:
            return _on_scale(found, scale)
    numbers = {key: value for key in asked if (value := _number(key)) is not None}
    odd = tuple(text for key, text in asked.items() if key not in numbers)
    if len(odd) <= len(numbers):  # the rest are slips
        return _on_scale(Marks("numbers", numbers, odd), scale)
    return Marks("", {}, odd)


def _on_scale(found: Marks, scale: str | None) -> Marks:
    if scale is None or scale == found.scale:
        return found
    return Marks(found.kind, found.values, found.odd, found.levels, found.level_names, scale, found.sentence,
                 found.guessed)  # fmt: skip


def _by_levels(asked: dict[str, str], levels: list[str], scale: str | None) -> Marks:
    keys = [key_of(each) for each in levels]
    if len(set(keys)) < len(keys) or "" in keys or len(keys) < 2:
        raise PanelError(
            f"The levels are {', '.join(levels) or 'empty'}.", "Name two or more, each once, lowest first.", "levels"
        )
    numbers = [_number(key) for key in keys]
    if None not in numbers:
        values = [each for each in numbers if each is not None]
        rising = all(a < b for a, b in pairwise(values))
        if not rising and not all(a > b for a, b in pairwise(values)):
            raise PanelError(
                f"The levels {', '.join(levels)} neither rise nor fall.", "Name them from the lowest on.", "levels"
            )
        top = values[0] + values[-1]
        read: dict[str, float] = {}
        for key in asked:
            value = _number(key)
            if value is not None and value in values:
                read[key] = value if rising else top - value
        odd = tuple(text for key, text in asked.items() if key not in read)
        said = "" if rising else (
            f"Low numbers are the best here ({levels[-1]} best, {levels[0]} worst), so the ratings were turned round: "
            f"{levels[-1]} counts as {top - values[-1]:g}."
        )  # fmt: skip
        return Marks("numbers", read, odd, tuple(sorted(values)), scale=scale or INTERVAL, sentence=said)
    read = {key: float(place) for place, key in enumerate(keys) if key in asked}
    return Marks("words", read, tuple(text for key, text in asked.items() if key not in read),
                 tuple(map(float, range(len(keys)))), tuple(levels), scale or ORDINAL)  # fmt: skip


def _number(key: str) -> float | None:
    text = key.removesuffix("%").strip()
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _numbers(asked: dict[str, str]) -> Marks | None:
    found = {key: _number(key) for key in asked}
    if None in found.values():
        return None
    commas, points = [key for key in asked if "," in key], [key for key in asked if "." in key]
    if commas and points:
        raise PanelError(
            f"Some ratings have a decimal comma ({asked[commas[0]]}) and some a point ({asked[points[0]]}).",
            "Write them all in one way.",
        )
    if commas and all(re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}%?", key) for key in commas):
        raise PanelError(
            f"The rating {asked[commas[0]]} can be read in two ways, as a decimal or as thousands.",
            "Write it with a point, or with one decimal more.",
        )
    said = f"Commas were read as decimal points ({asked[commas[0]]})." if commas else ""
    return Marks("numbers", {key: value for key, value in found.items() if value is not None}, sentence=said)


def _parts(asked: dict[str, str]) -> Marks | None:
    found = {key: _OF.fullmatch(key) for key in asked}
    wholes = {match[2] for match in found.values() if match}
    if len(wholes) != 1 or None in found.values():
        return None
    values = {key: float(match[1].replace(",", ".")) for key, match in found.items() if match}
    return Marks("parts", values, sentence=f"Ratings such as {next(iter(asked.values()))} were read as their number.")


def _stars(asked: dict[str, str]) -> Marks | None:
    values = {}
    for key in asked:
        if match := _STARS.fullmatch(key):
            values[key] = float(len(match[1].replace("\ufe0f", "")))
        elif match := _COUNTED.fullmatch(key):
            values[key] = float(match[1])
        else:
            return None
    return Marks("stars", values, sentence=f"Ratings such as {next(iter(asked.values()))} were counted.")


def _numbered(asked: dict[str, str]) -> Marks | None:
    values: dict[str, float] = {}
    words: dict[float, str] = {}
    for key in asked:
        match = _NUMBERED.fullmatch(key)
        value = _number(match[1]) if match else _number(key)
        if value is None or (match and words.setdefault(value, match[2].strip(" )")) != match[2].strip(" )")):
            return None
        values[key] = value
    first = next(text for key, text in asked.items() if _NUMBERED.fullmatch(key))
    return Marks("numbered", values, sentence=f"Ratings such as {first!r} were read as their number.")


def _words(asked: dict[str, str]) -> Marks | None:
    for ladder in _LADDERS:
        place = {word: step for step, words in enumerate(ladder) for word in words}
        steps = {key: place.get(key.replace("_", " ").strip(".!")) for key in asked}
        taken = [step for step in steps.values() if step is not None]
        if len(taken) == len(asked) == len(set(taken)):
            order = sorted(asked, key=lambda key: steps[key] or 0)
            names = tuple(asked[key] for key in order)
            return Marks("words", {key: float(rank) for rank, key in enumerate(order)},
                         levels=tuple(map(float, range(len(order)))), level_names=names, scale=ORDINAL,
                         sentence=_said(names), guessed=True)  # fmt: skip
    return None


def _letters(asked: dict[str, str]) -> Marks | None:
    matches = {key: _LETTER.fullmatch(key) for key in asked}
    if None in matches.values() or len(asked) < 2:
        return None
    signs = {"+": 1, "": 0, "-": -1, "−": -1, "–": -1}
    height = {key: (-ord(match[1]), signs[match[2]]) for key, match in matches.items() if match}
    if len(set(height.values())) < len(height):
        return None
    order = sorted(asked, key=lambda key: height[key])
    names = tuple(asked[key] for key in order)
    return Marks("letters", {key: float(rank) for rank, key in enumerate(order)},
                 levels=tuple(map(float, range(len(order)))), level_names=names, scale=ORDINAL,
                 sentence=_said(names), guessed=True)  # fmt: skip


def _said(names: Sequence[str]) -> str:
    return (
        f"The ratings are words; from the lowest to the highest they are taken as {', '.join(names)}. If a level was "
        "never used, name them all."
    )
