"""Cues that no phrase shows: questions, the person's own words taken up, advice before a kind word, shouting."""

import re
from collections.abc import Sequence

from evaluators.tone._text import Text
from evaluators.tone._words import word_list
from evaluators.tone.cues import Cue
from evaluators.tone.plain_language import EASY_GRADE, Readability

_OPEN = frozenset(("what", "how", "which", "when", "where", "who", "whats", "hows", "whos", "wheres"))
_LEADS = frozenset(
    [
        "and",
        "so",
        "or",
        "but",
        "well",
        "if",
        "you",
        "like",
        "want",
        "may",
        "i",
        "ask",
        "can",
        "could",
        "tell",
        "me",
        "first",
        "now",
        "then",
        "also",
    ]
)
_SELF = frozenset(("i", "im", "ive", "id", "ill", "my", "me", "mine", "we", "our"))
_DATA = re.compile(r"\bwhat(?:'?s| is| was) (?:your|the) (?:\w+ )?(?:name|id|number|date|e-?mail|address|code|badge)\b")
_ELSE = re.compile(r"\b(?:anything|something) else\b")
_SHOUT = re.compile(r"\b[A-Z]{4,}\b")
_MARKS = re.compile(r"[!?]{2,}")
_TAG = re.compile(r"\b(?:ok|okay|right|yeah|no|alright|deal|hm+|huh|eh)\W*$")
# A speaker's own story: what they did, had or felt, and their own people. "I was sad to hear" is none.
_OWN_STORY = re.compile(
    r"\bi (?:always |never |also |just |only |even |actually |personally )*(?:was|used to|got|did|felt|went|usually"
    r"|learn(?:ed|t)"
    r"|drove|quit|hated?|loved?|dealt|struggled|snap(?:ped)?|lived|ran|cried|spent|managed?|won|stayed|fought"
    r"|ended up|tell"
    r"|had to|let|made|thought about|worked|got over|once|never|always)\b"
    r"|\bi've (?:got|been|had|never|always|done|lived|worked|dealt) (?!(?:looking|checking|trying|asked|a look"
    r"|thinking|in touch))"
    r"|\bmy (?:own |first |last |old |ex-?)?(?:wife|husband|kids?|son|daughter|brother|sister|mum|mom|dad|mother"
    r"|father|boyfriend"
    r"|girlfriend|boss|job|career|life|family|day's|week's|company)\b|\b(?:mine|ours)\b|\bi'm (?:the same|managing"
    r"|swamped|used to)"
)
_NO_STORY = re.compile(
    r"\b(?:sorry|glad|sad to|wondering|hoping|payroll|hr|file|forms?|ticket|slip|transfer|message|letter|request"
    r"|records?|system"
    r"|bank|note|mistake|error|i'll|i will|we'll|we will|you|your|you're|friend of mine|for you|would|could)\b|\?"
)
_THAN_YOU = re.compile(
    r"\b(?:than you (?:do|did|are|have|were)|than yours|twice your|your backlog|like yours|as you do|so do i"
    r"|you did to)\b"
)
_NAMED = re.compile(
    r"\b(?!(?:I|You|We|It|This|That|These|Those|There|Nobody|Someone|Somebody|Everyone|Everything|Nothing|Anyone|One"
    r"|They|What"
    r"|Who|HR|Things|Life|Time|People|Nothing|All|Both|Payroll|Maria)\b)"
    r"(?P<who>[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?(?:,? (?:from|in|of|at|our) [A-Za-z][\w -]{1,24}?,?)?"
    r"|[Oo]ur (?:[a-z]+ )?(?:lawyer|nurse|counsell?or|manager|director|specialist|partner|team))"
    r"(?:'ll| will| is going to) (?:then |also |personally )?(?:call|ring|phone|write|email|e-mail|send|check|fix"
    r"|correct|pay|help"
    r"|meet|talk|speak|look|get|contact|answer|reply|arrange|book|file|tell|walk|explain|sort|take|chase|be in touch)\b"
)
_RUN = 8
_MANY_DIRECTIVES = 4


def _cue(
    text: Text, place: tuple[int, int], dimension: str, name: str, says: str, weight: float, void: str = ""
) -> Cue:
    start, end = text.span(*place)
    return Cue(dimension, name, says, start, end, text.raw[start:end], 0.0 if void else weight, void)


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _content(text: Text) -> frozenset[str]:
    return frozenset(_stem(word.key) for word in text.words if word.key not in word_list("stop") and len(word.key) > 2)


def _trim(text: Text, sentence: tuple[int, int]) -> tuple[int, int]:
    piece = text.folded[slice(*sentence)]
    return sentence[0] + len(piece) - len(piece.lstrip()), sentence[0] + len(piece.rstrip())


def questions(
    text: Text,
    said: Text,
    spoilt: Sequence[tuple[int, int]],
    mocks: bool,
    advises: Sequence[tuple[int, int]] = (),
) -> list[Cue]:
    """Return the questions of a reply; those that touch an accusation or a piece of advice earn nothing."""
    asked = _content(said)
    cues = []
    for number, sentence in enumerate(text.sentences):
        place = _trim(text, sentence)
        if not text.folded[slice(*place)].rstrip("\"'”’) ").endswith("?"):
            continue
        keys = [word.key for word in text.words_of(number)]
        if len(keys) < 3 or _TAG.search(text.folded[slice(*place)]):
            continue
        first = next((key for key in keys if key not in _LEADS), "")
        words = text.folded[slice(*place)]
        to_you = any(key.startswith("you") for key in keys)
        if _ELSE.search(words):
            name, says, weight = "anything else", "asks only whether there is anything else", 0.25
        elif _DATA.search(words):
            name, says, weight = "asks for data", "asks for data", 0.5
        elif first in _OPEN or any(key in ("what", "how", "whats") for key in keys):
            name, says, weight = "open question", "asks an open question", 2.0 if to_you else 1.0
            if to_you and asked & {_stem(key) for key in keys}:
                says, weight = "asks an open question about their matter", 2.75
        elif to_you or "i" in keys:
            name, says, weight = "closed question", "asks a question", 1.0
        else:
            continue
        start, end = text.span(*place)
        void = ""
        if text.quoted(*place):
            void = "in quotation marks"
        elif mocks:
            void = "the reply mocks"
        elif any(begin < end and start < stop for begin, stop in spoilt):
            void = "the question accuses"
        elif name != "anything else" and any(begin < end and start < stop for begin, stop in advises):
            void = "it is advice in the form of a question"
        cues.append(_cue(text, place, "exploration", name, says, weight, void))
    return cues


def own_story(text: Text, already: Sequence[tuple[int, int]]) -> list[Cue]:
    """Return sentences in which the speaker tells of their own life; those touched by a listed cue count there."""
    cues: list[Cue] = []
    for sentence in text.sentences:
        place = _trim(text, sentence)
        words = text.folded[slice(*place)]
        found = _THAN_YOU.search(words) or (_OWN_STORY.search(words) and not _NO_STORY.search(words))
        start, end = text.span(*place)
        if not found or text.quoted(*place) or any(begin < end and start < stop for begin, stop in already):
            continue
        void = "counted already" if len(cues) >= 2 else ""
        cues.append(_cue(text, place, "advice_timing", "own story", "tells of the speaker's own life", -0.75, void))
    return cues


def named_person(text: Text) -> list[Cue]:
    """Return where a named person or a member of the team is said to do something: "Dana from HR will call you"."""
    cues: list[Cue] = []
    if not any(word.key in ("will", "going") or word.key.endswith("ll") for word in text.words):
        return cues
    for each in _NAMED.finditer(text.raw):
        void = "in quotation marks" if text.quoted(*each.span()) else "counted already" if cues else ""
        made = Cue("ownership", "I will", "says who does what", *each.span(), each.group(), 0.0 if void else 1.0, void)
        cues.append(made)
    return cues


def echoes(text: Text, said: Text, mocks: bool, spoilt: Sequence[tuple[int, int]] = ()) -> list[Cue]:
    """Return where a reply takes up the person's own words in a sentence about them, or repeats the message.

    A sentence that touches a spoilt place (advice, a hurtful phrase) does not show that somebody was understood.
    """
    asked = _content(said)
    if not asked:
        return []
    cues: list[Cue] = []
    seen: set[str] = set()
    for number, sentence in enumerate(text.sentences):
        keys = [word.key for word in text.words_of(number)]
        to_you = any(key.startswith("you") for key in keys)
        if not to_you and any(key in _SELF for key in keys):
            continue
        new = [key for key in dict.fromkeys(keys) if _stem(key) in asked and _stem(key) not in seen]
        if len(new) < (1 if to_you else 2):
            continue
        seen |= {_stem(key) for key in new}
        place = _trim(text, sentence)
        start, end = text.span(*place)
        void = "in quotation marks" if text.quoted(*place) else "the reply mocks" if mocks else ""
        if not void and any(begin < end and start < stop for begin, stop in spoilt):
            void = "it advises or hurts"
        says = f"takes up their words ({', '.join(new[:4])})"
        cues.append(
            _cue(
                text, place, "interpretation", "their words", says, min(2.0, (0.75 if to_you else 0.5) * len(new)), void
            )
        )
    repeated = _longest_run(text, said)
    if repeated:
        cues = [Cue(**{**cue.to_dict(), "weight": 0.0, "void": "the message is only repeated"}) for cue in cues]
        cues.append(_cue(text, repeated, "interpretation", "parrots", "repeats the message word for word", -0.5))
    return cues


def _longest_run(text: Text, said: Text) -> tuple[int, int] | None:
    theirs = [word.key for word in said.words]
    if len(theirs) < _RUN:
        return None
    runs = {tuple(theirs[place : place + _RUN]) for place in range(len(theirs) - _RUN + 1)}
    keys = [word.key for word in text.words]
    for place in range(len(keys) - _RUN + 1):
        if tuple(keys[place : place + _RUN]) in runs:
            return text.words[place].start, text.words[place + _RUN - 1].end
    return None


def advice_order(directives: Sequence[Cue], acknowledged_at: int | None, *, matters: bool) -> list[Cue]:
    """Return what it costs that advice comes before a kind word, or in a heap."""
    cues = []
    told = [cue for cue in directives if not cue.void]
    if matters and told and (acknowledged_at is None or told[0].start < acknowledged_at):
        first = told[0]
        says = "tells the person what to do before a kind word"
        cues.append(Cue("advice_timing", "advice first", says, first.start, first.end, first.text, -1.5))
    if len(told) > _MANY_DIRECTIVES:
        last = told[_MANY_DIRECTIVES]
        cues.append(
            Cue("advice_timing", "much advice", "gives a heap of instructions", last.start, last.end, last.text, -0.75)
        )
    return cues


def shouting(text: Text) -> list[Cue]:
    """Return capitals and rows of marks, which read as shouting."""
    loud = [each.span() for each in _SHOUT.finditer(text.raw)]
    cues = []
    if len(loud) >= 3:
        start, end = loud[0]
        cues.append(Cue("politeness", "capitals", "shouts in capitals", start, end, text.raw[start:end], -0.75))
    marks = _MARKS.search(text.raw)
    if marks:
        start, end = marks.span()
        cues.append(Cue("politeness", "rows of marks", "shouts with marks", start, end, text.raw[start:end], -0.4))
    return cues


def readability_cues(text: Text, found: Readability) -> list[Cue]:
    """Return what made a text hard to read; their weights and 4 points add up to its score."""
    made = []
    whole = (0, len(text.raw))

    def add(place: tuple[int, int], name: str, says: str, weight: float) -> None:
        made.append(Cue("plain_language", name, says, *place, text.raw[slice(*place)], weight))

    if found.grade > EASY_GRADE:
        add(whole, "grade", f"needs school grade {found.grade:.1f}", -0.4 * (found.grade - EASY_GRADE))
    if found.mean_sentence_words > 20:
        words = f"has {found.mean_sentence_words:.0f} words a sentence"
        add(whole, "sentence length", words, -0.1 * (found.mean_sentence_words - 20))
    for place in found.long_sentences[:3]:
        add(place, "long sentence", "is a long sentence", -0.5)
    for each in [each for each in found.jargon if not each.explained][:4]:
        add((each.start, each.end), "jargon", f"is a word only HR knows; say '{each.instead}'", -0.5)
    return made
