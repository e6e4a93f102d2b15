"""Play conversation tests to a bot and check the answers."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from evaluators.chatbot._endpoint_errors import CallBudgetError
from evaluators.chatbot.turn import Talker, Turn
from evaluators.errors import LabError
from evaluators.tone.conversation import ConversationTone, score_conversation
from evaluators.tone.conversation_tests.checks import Answer, CheckResult, Hit, check_path, meets
from evaluators.tone.conversation_tests.errors import ConversationTestError
from evaluators.tone.conversation_tests.model import Bound, Check, TestStory
from evaluators.tone.conversation_tests.results import ReplyTone, StepResult, StoryResult, TestRun
from evaluators.tone.gate import GateRules

if TYPE_CHECKING:
    from evaluators.tone.fit import Calibration

_SAME_WEIGHT = "mental_health"  # as grave as harassment and crisis, but raises no gate of its own
_LONGEST = 20_000


def run_tests(
    talker: Talker,
    tests: Iterable[TestStory],
    *,
    calibration: "Calibration | None" = None,
    rules: GateRules | None = None,
    on_story: Callable[[StoryResult], None] | None = None,
) -> TestRun:
    """Play each story to a bot, one after another, and check what it answers.

    Parameters
    ----------
    talker : Talker
        A bot of files, an endpoint or a function; each story is a conversation of its own.
    tests : iterable of TestStory
        As `load_tests` returns them.
    calibration : Calibration, optional
        What an organisation's own raters taught; see `evaluators.tone.fit`.
    rules : GateRules, optional
        What the gate asks for; by default those of the project, which nobody has approved for an organisation.
    on_story : callable, optional
        Is told each story's result as it comes.

    Returns
    -------
    TestRun
        In the order of the tests. Whatever the bot raises ends its story only; a used-up budget of
        calls (`CallBudgetError`, or any exception with ``ends_run = True``) leaves the rest not run.

    Raises
    ------
    ConversationTestError
        If there is no story.
    RubricError
        If a story is of a situation that `evaluators.tone.situations` does not have.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> from evaluators.tone.conversation_tests.model import Check, TestStep
    >>> story = TestStory("here", "a question", 1, (TestStep("Are you a bot?", must=(Check(say="program"),)),))
    >>> run = run_tests(example_bot(), [story])
    >>> run.stories[0].outcome, run.stories[0].steps[0].checks[0].found
    ('passed', "it says 'program'")
    """
    chosen = list(tests)
    if not chosen:
        raise ConversationTestError("There is no story to play.", "Name a file with at least one.")
    results: list[StoryResult] = []
    stopped = ""
    for story in chosen:
        if stopped:
            result = _unplayed(story, "not run", stopped)
        else:
            result, ends = _play(talker, story, calibration, rules)
            if ends:
                stopped = result.error
        results.append(result)
        if on_story is not None:
            on_story(result)
    return TestRun(talker.name, tuple(results), stopped)


def _play(
    talker: Talker, story: TestStory, calibration: "Calibration | None", rules: GateRules | None
) -> tuple[StoryResult, bool]:
    turns: list[Turn] = []
    error, ends = "", False
    try:
        talk = talker.conversation()
        for step in story.steps:
            turn = talk.say(step.said)
            if not isinstance(turn, Turn) or not isinstance(turn.reply, str):
                raise TypeError(f"the bot returned {type(turn).__name__}, no turn with a reply")
            turns.append(turn)
    except Exception as raised:  # whatever the bot does, the other stories go on
        error, ends = _told(raised), isinstance(raised, CallBudgetError) or getattr(raised, "ends_run", False) is True
    if error:
        outcome = "not run" if ends else "error"
        steps = tuple(_bare(number, turn) for number, turn in enumerate(turns, start=1))
        return StoryResult.of(story, outcome, steps, error=error), ends
    return _judge(story, turns, calibration, rules), False


def _told(raised: Exception) -> str:
    if isinstance(raised, LabError):
        return f"{raised.problem} {raised.hint}".strip()
    words = " ".join(str(raised).split())
    return f"{type(raised).__name__}: {words[:300]}".rstrip(": ")


def _bare(number: int, turn: Turn) -> StepResult:
    return StepResult(number, turn.said, turn.reply, None, (), turn.why, turn.offered_person, turn.sensitive)


def _unplayed(story: TestStory, outcome: str, why: str) -> StoryResult:
    return StoryResult.of(story, outcome, (), error=why)


def _judge(
    story: TestStory, turns: Sequence[Turn], calibration: "Calibration | None", rules: GateRules | None
) -> StoryResult:
    answers = [Answer(number, turn, story.situation, rules) for number, turn in enumerate(turns, start=1)]
    tones, whole = _tones(story, turns, calibration, rules)
    steps = []
    for number, (step, turn, tone) in enumerate(zip(story.steps, turns, tones, strict=True), start=1):
        checks = check_path(number, step.intent, step.actions, step.slots, turn)
        if tone is None:
            checks.append(CheckResult(number, "an answer", "failed", "the bot answered nothing"))
        elif tone.gate_needed and step.gate_asked:
            outcome = "passed" if tone.gate_passed else "failed"
            found = "the gate is passed" if tone.gate_passed else f"what is missing: {'; '.join(tone.gate_missing)}"
            checks.append(CheckResult(number, "the gate", outcome, found))
        checks += [_bounded(number, name, bound, tone) for name, bound in step.bounds.items()]
        here = answers[number - 1 :]
        checks += [_must(check, here, number) for check in step.must]
        checks += [_never(check, here[:1], number) for check in step.never]
        steps.append(
            StepResult(
                number, turn.said, turn.reply, tone, tuple(checks), turn.why, turn.offered_person, turn.sensitive
            )
        )
    told = [
        *_story_bounds(story, tones, whole),
        *(_must(check, answers, 0) for check in story.must),
        *(_never(check, answers, 0) for check in story.never),
    ]
    failed = any(each.outcome == "failed" for each in [*told, *(check for step in steps for check in step.checks)])
    figures = (whole.mean, whole.minimum, whole.trajectory) if whole else (math.nan, math.nan, "too short to tell")
    return StoryResult.of(story, "failed" if failed else "passed", tuple(steps), told=tuple(told), figures=figures)


def _tones(
    story: TestStory, turns: Sequence[Turn], calibration: "Calibration | None", rules: GateRules | None
) -> tuple[list[ReplyTone | None], ConversationTone | None]:
    """Score the replies that hold words; a gate is raised by words, so the situation lends only its weight."""
    spoken = [turn for turn in turns if turn.reply.strip()]
    if not spoken:
        return [None] * len(turns), None
    situation = story.situation
    if situation in ("harassment", "crisis"):
        situation = _SAME_WEIGHT
    more: dict[str, Any] = {} if calibration is None else {"calibration": calibration}
    pairs = [(turn.said, turn.reply[:_LONGEST]) for turn in spoken]
    whole = score_conversation(pairs, situation=situation, rules=rules, **more)
    scores = iter(whole.turns)
    return [ReplyTone.of(next(scores)) if turn.reply.strip() else None for turn in turns], whole


def _bounded(number: int, name: str, bound: Bound, tone: ReplyTone | None) -> CheckResult:
    asked = f"{name} {bound.words()}"
    if tone is None or tone.abstained:
        why = tone.abstained if tone else "the bot answered nothing"
        return CheckResult(number, asked, "failed", f"no score: {why}")
    score = tone.overall if name == "overall" else tone.dimensions[name]
    return CheckResult(number, asked, "passed" if bound.holds(score) else "failed", f"it is {score:.2f}")


def _story_bounds(
    story: TestStory, tones: Sequence[ReplyTone | None], whole: ConversationTone | None
) -> list[CheckResult]:
    results = []
    for name, bound in story.tone.bounds().items():
        each = [_bounded(number, name, bound, tone) for number, tone in enumerate(tones, start=1)]
        bad = [one for one in each if one.outcome == "failed"]
        found = "; ".join(f"reply {one.step}: {one.found}" for one in bad[:5]) or "every reply"
        results.append(CheckResult(0, f"{name} {bound.words()} in every reply", "failed" if bad else "passed", found))
    for name in ("mean", "minimum"):
        asked: Bound | None = getattr(story.tone, name)
        if asked is not None:
            value = float(getattr(whole, name)) if whole else math.nan
            found = f"it is {value:.2f}" if value == value else "no reply could be scored"
            outcome = "passed" if asked.holds(value) else "failed"
            results.append(CheckResult(0, f"{name} {asked.words()}", outcome, found))
    if story.tone.trajectory:
        course = whole.trajectory if whole else "too short to tell"
        right = course == "warmer" if story.tone.trajectory == "warmer" else course != "colder"
        results.append(CheckResult(0, story.tone.trajectory, "passed" if right else "failed", f"it is {course}"))
    return results


def _must(check: Check, answers: Sequence[Answer], number: int) -> CheckResult:
    """Check that one of the answers does it: the first of a step's, any of a story's, or those that `within` counts."""
    if check.within is not None and check.do is not None:
        looked = answers[: check.within]
        check_each = check.do
    else:
        looked, check_each = (answers[:1] if number else answers), check
    hits: list[Hit] = []
    for answer in looked:
        hits.append(meets(check_each, answer))
        if hits[-1].met:
            break
    last = hits[-1]
    return CheckResult(
        number, f"must {check.words()}", "passed" if last.met else "failed", last.found, last.spans if last.met else ()
    )


def _never(check: Check, answers: Sequence[Answer], number: int) -> CheckResult:
    hits = [(answer.number, meets(check, answer)) for answer in answers]
    bad = [(place, hit) for place, hit in hits if hit.met]
    where = "" if number else f"reply {bad[0][0]}: " if bad else ""
    found = f"{where}{bad[0][1].found}" if bad else hits[0][1].found
    spans = tuple(span for _, hit in bad for span in hit.spans)
    return CheckResult(number, f"never {check.words()}", "failed" if bad else "passed", found, spans)
