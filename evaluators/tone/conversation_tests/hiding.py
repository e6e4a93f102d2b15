"""Hide what points at a person in quoted words: names after a greeting, addresses, numbers. No list of names is needed.

Nothing here finds every name. It takes the plain cases out of a page, so that whoever reads it sees fewer of them.
"""

import re
from collections.abc import Collection

COVER = "▒"
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][A-Z][^\W\d_]+)*")
_PUBLIC = frozenset({"741741", "116123", "116111", "18002738255", "8002738255"})  # lines in a crisis: these help
_NAME = r"[A-ZÀ-ÖØ-Þ](?:['’][A-Z])?[^\W\d_]+(?:['’-][^\W\d_]+)*"
_NAMES = rf"(?P<name>{_NAME}(?: {_NAME})?)"
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Herr|Frau)\.?"
_KIN = "colleague|manager|boss|supervisor|lead|employee|report|husband|wife|partner|son|daughter|child|friend"
_GREETINGS = "[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Tt]hanks|[Tt]hank you|[Gg]ood (?:morning|afternoon|evening)"
_PATTERNS = (
    re.compile(rf"\b(?:{_GREETINGS}),? {_NAMES}"),
    re.compile(rf"\b{_TITLES} {_NAMES}"),
    re.compile(rf"\b(?:[Mm]y|[Hh]is|[Hh]er|[Tt]heir|[Tt]he) name is {_NAMES}|\b(?:named|called) (?P<other>{_NAME})"),
    re.compile(rf"\b(?:[Mm]y|[Oo]ur|[Yy]our|[Hh]is|[Hh]er) (?:{_KIN}),? {_NAMES}"),
    re.compile(rf"(?:[Rr]egards|[Ww]ishes|[Ss]incerely|[Cc]heers),?\s+{_NAMES}\s*$"),
    re.compile(r"(?P<name>[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"),
    re.compile(r"(?P<name>\b[A-Za-z]{1,4}[-_]?\d{4,12}\b)"),
    re.compile(r"(?P<number>(?<![\w.,])\+?\(?\d(?:[ ()./-]{0,2}\d){4,18}(?![\w]))"),
)  # fmt: skip
_NO_NAMES = frozenset(
    re.findall(
        r"\S+",
        """
all again also and any anyone are at but can can't could did do does don't everybody everyone everything for from folks
have here how human i i'm if in is it just let may me my no not now of ok okay on one or our please resources so sorry
sure team thank thanks that that's the there they this to today tomorrow very was we we'll we're welcome what when where
which who why will with would yes yesterday you you'll you're your monday tuesday wednesday thursday friday saturday
sunday january february march april june july august september october november december hr payroll people colleague
colleagues sir madam support assistant bot employee employees customer user member manager everyone's god christ jesus
""",
    )
)


def names_in(text: str) -> frozenset[str]:
    """Return the words that stand where a name stands, such as after a greeting.

    Examples
    --------
    >>> sorted(names_in("Hi Maria Lopez, I told my manager Tom. Thanks there."))
    ['Lopez', 'Maria', 'Tom']
    """
    found: set[str] = set()
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            for group, words in match.groupdict().items():
                if words and group != "number" and words.replace(" ", "").replace("’", "").isalpha():
                    found.update(each for each in _name_in(words).split() if len(each) > 2)
    return frozenset(found)


def hide_personal(text: str, names: Collection[str] = ()) -> str:
    """Cover what points at a person, letter by letter, so that the text keeps its length.

    Covered are names after a greeting, a title such as Mr, "my name is" or "my manager", and at the end of a letter;
    e-mail addresses; numbers of five and more digits, such as those of phones and staff, except well-known crisis
    lines. **Names in other places stay.**

    Parameters
    ----------
    text : str
        A message or a reply.
    names : collection of str
        Words that are covered wherever they stand, such as `names_in` the other messages.

    Returns
    -------
    str
        As long as `text`; places in it stay where they were.

    Examples
    --------
    >>> hide_personal("Hi Maria, write to ada@example.org or call 555 0100 22. In danger: 988.")
    'Hi ▒▒▒▒▒, write to ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ or call ▒▒▒▒▒▒▒▒▒▒▒. In danger: 988.'
    """
    known = {*names, *names_in(text)}
    text = _WORD.sub(lambda match: COVER * len(match[0]) if match[0] in known else match[0], text)
    for pattern in _PATTERNS:
        text = pattern.sub(_covered, text)
    return text


def _covered(match: re.Match[str]) -> str:
    whole = match[0]
    for group, found in match.groupdict().items():
        if not found:
            continue
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        if group == "number":
            if re.sub(r"\D", "", found) in _PUBLIC:
                continue
        elif "@" not in found and not any(each.isdigit() for each in found):
            end = start + len(_name_in(found))
        whole = whole[:start] + COVER * (end - start) + whole[end:]
    return whole


def _name_in(words: str) -> str:
    """Return the words that can be a name, as far as they go: "Maria Your pay" begins with one word."""
    kept: list[str] = []
    for word in words.split(" "):
        if word.casefold().replace("’", "'") in _NO_NAMES:
            break
        kept.append(word)
    return " ".join(kept)
