"""A plan for a difficult conversation: four answers in, five sentences out, and a clear word on what it cannot do."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

_LONGEST = 300
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# What a bot may not plan: who is asked instead is a person. Whole words, or beginnings of words where a * stands.
_PERSONS = {
    "health": "ill illness sick sickness disabled disability pregnan* depress* anxiety burnout cancer addict* alcohol* "
    "drunk drinking drugs medication therap* hospital mental suicid* diagnos* autis* adhd injur*",
    "a dismissal": "dismiss* fire fired firing sack* terminat* redundan* layoff* severance probation demot*",
    "a complaint about harassment or discrimination": "harass* touch* grope* bully bullie* bullying sexual* sexist "
    "racis* discriminat* assault* threat* abus* stalk* religion race gay lesbian trans homophob*",
    "the law": "legal* lawyer* lawsuit court sue sued suing illegal* theft steal* stole* stolen fraud* police crim* "
    "union contract visa",
}
_JUDGING = re.compile(
    r"\b(always|never|lazy|attitude|unprofessional|careless|rude|stupid|incompetent|difficult|impossible|useless|"
    r"doesn't care|does not care|bad worker|constantly)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """A plan for a talk, or the reasons why a person should plan it.

    Attributes
    ----------
    opening, observation, question, next_step, fetch_person : str
        The five sentences; all but the last are empty where a person should plan the talk.
    needs_person : tuple of str
        Matters in the answers that a bot may not plan, such as ``"health"``.
    watch : tuple of str
        Words in the answers that judge rather than describe.
    """

    opening: str
    observation: str
    question: str
    next_step: str
    fetch_person: str
    needs_person: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self) | {"needs_person": list(self.needs_person), "watch": list(self.watch)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row per sentence, in the order of the talk."""
        names = ["opening", "observation", "question", "next_step", "fetch_person"]
        return pd.DataFrame({"part": names, "words": [getattr(self, name) for name in names]})

    def text(self) -> str:
        """Return the plan as a person reads it in a chat, ``{person}`` still to be filled by whoever shows it."""
        if self.needs_person:
            return f"I stop here: what you wrote may touch {_listed(self.needs_person)}. {self.fetch_person}"
        lines = [
            f"1. Open: {self.opening}",
            f"2. Describe: {self.observation}",
            f"3. Ask, then wait: {self.question}",
            f"4. Agree on a next step: {self.next_step}",
            f"5. Fetch HR: {self.fetch_person}",
        ]
        if self.watch:
            words = ", ".join(f'"{word}"' for word in self.watch)
            lines.append(f"Before you go: {words} may sound like a verdict. Say what you saw or heard, with a day.")
        return "\n".join(lines)

    def summary(self) -> str:
        """Say in plain words what the plan is, and what it is not."""
        said = (
            f"No plan: a person should help, as the answers may touch {_listed(self.needs_person)}."
            if self.needs_person
            else "A plan of five sentences, made of your own words by a fixed pattern."
        )
        return f"{said} It is no legal advice, it knows one side only, and it cannot see what it was not told."


def plan_talk(*, who: str, what: str, want: str, day: str) -> TalkPlan:
    """Turn four answers into a plan for a difficult conversation.

    The pattern (open, describe what was seen, ask, agree on a step with a day) follows the advice on describing
    behaviour rather than judging the person [1]_ and on asking for the other side's story early [2]_.

    Parameters
    ----------
    who : str
        Whom the talk is with, without a name: "somebody in my team".
    what : str
        What happened, as seen or heard.
    want : str
        What should be different afterwards.
    day : str
        By when to look at it again: "Friday".

    Returns
    -------
    TalkPlan
        Without a plan, and with the reasons, where the answers may touch health, a dismissal, harassment or the law.

    References
    ----------
    .. [1] Center for Creative Leadership, Situation-Behavior-Impact; Weitzel, S. R. (2000), Feedback That Works.
    .. [2] Stone, D., Patton, B. and Heen, S. (1999), Difficult Conversations, chapters 2 and 9.

    Examples
    --------
    >>> plan = plan_talk(who="a colleague", what="three reports came late in May", want="reports on time", day="Friday")
    >>> plan.observation
    '"What I saw: three reports came late in May."'
    >>> plan_talk(who="a colleague", what="she is often ill", want="less of that", day="Friday").needs_person
    ('health',)
    """
    who, what, want, day = (_tidy(each) for each in (who, what, want, day))
    said = " ".join((who, what, want, day))
    grave = tuple(name for name, words in _PERSONS.items() if _touches(said, words))
    if grave:
        return TalkPlan(
            "", "", "", "", "Please plan this talk together with {person}; they know what must be kept in mind.", grave
        )
    return TalkPlan(
        opening='"Thank you for making time. I would like to speak about something that matters to me, and to hear '
        'your side."',
        observation=f'"What I saw: {what}."',
        question='"How do you see it?" Count to ten before you speak again.',
        next_step=f'"What I would like: {want}." Let them name the first step, and look at it together: {day}.',
        fetch_person="Stop and speak with {person} if it turns to health, a complaint, pay, a dismissal or the law, "
        "or if one of you is too upset to go on.",
        watch=tuple(dict.fromkeys(match.group().casefold() for match in _JUDGING.finditer(f"{what}. {want}"))),
    )


def talk_plan_of(slots: Mapping[str, Any]) -> TalkPlan:
    """Make a plan of the slots ``talk_who``, ``talk_what``, ``talk_want`` and ``talk_day``; missing ones are empty."""
    who, what, want, day = (str(slots.get(f"talk_{part}") or "") for part in ("who", "what", "want", "day"))
    return plan_talk(who=who, what=what, want=want, day=day)


def _tidy(text: str) -> str:
    return " ".join(text.split())[:_LONGEST].rstrip(" .!?;,")


def _touches(said: str, listed: str) -> bool:
    typed = set(_WORD.findall(said.replace("’", "'").casefold()))
    for word in listed.split():
        if word.endswith("*") and any(each.startswith(word[:-1]) for each in typed):
            return True
        if word in typed:
            return True
    return False


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
