"""Test results as JUnit XML, which CI systems show."""

import re
import xml.etree.ElementTree as ET

from evaluators.tone.conversation_tests.diff import RunDiff, StoryDiff, worse_in
from evaluators.tone.conversation_tests.results import StoryResult, TestRun, failure

# What XML 1.0 cannot hold, and marks that would turn the direction of a log.
_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(run: TestRun, diff: RunDiff | None = None) -> str:
    """Return a run as JUnit XML: a suite for each file, a case for each story.

    Parameters
    ----------
    run : TestRun
        What came of the tests.
    diff : RunDiff, optional
        Beside the accepted run: a story that passed and got worse is a failure, too.

    Returns
    -------
    str
        XML. It holds no time, so that the same run gives the same text; characters that XML cannot hold are replaced.

    Examples
    --------
    >>> from evaluators.tone.conversation_tests.results import StoryResult
    >>> story = StoryResult("talks.yml", "greet", "", "", (), "error", (), error="no connection")
    >>> print(to_junit(TestRun("bot", (story,))).splitlines()[2].strip())
    <testsuite name="talks.yml" tests="1" failures="0" errors="1" skipped="0">
    """
    worse = {(each.file, each.name): each for each in diff.regressions} if diff else {}
    root = ET.Element("testsuites", {"name": _clean(f"conversations with {run.bot}")})
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for file in dict.fromkeys(story.file for story in run.stories):
        suite = ET.SubElement(root, "testsuite", {"name": _clean(file)})
        counts = dict.fromkeys(totals, 0)
        for story in run.stories:
            if story.file == file:
                kind = _case(suite, story, worse.get((story.file, story.name)))
                counts["tests"] += 1
                if kind:
                    counts[kind] += 1
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
    for name, count in totals.items():
        root.set(name, str(count))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, story: StoryResult, worse: StoryDiff | None) -> str:
    """Add a story; return which count it belongs to."""
    classname = re.sub(r"\.ya?ml$", "", story.file).replace("/", ".")
    case = ET.SubElement(suite, "testcase", {"classname": _clean(classname), "name": _clean(story.name)})
    reasons = [failure(each) for each in story.failed]
    got_worse = worse_in(worse) if worse else []
    kind = ""
    if story.outcome == "not run":
        kind = "skipped"
        ET.SubElement(case, "skipped", {"message": _clean(story.error)})
    elif story.outcome == "error":
        kind = "errors"
        ET.SubElement(case, "error", {"message": _clean(story.error), "type": "bot"}).text = _clean(story.error)
    elif reasons or got_worse:
        kind = "failures"
        first = reasons[0] if reasons else f"got worse: {got_worse[0]}"
        lines = [*reasons, *(f"got worse: {each}" for each in got_worse), *(_sentences(worse) if worse else [])]
        attributes = {"message": _clean(first), "type": "check" if reasons else "regression"}
        ET.SubElement(case, "failure", attributes).text = _clean("\n".join(lines))
    if story.steps:
        talk = "\n".join(f"Person: {step.said}\nBot: {step.reply}" for step in story.steps)
        ET.SubElement(case, "system-out").text = _clean(talk)
    return kind


def _sentences(worse: StoryDiff) -> list[str]:
    """Write the sentences that changed in the replies that got worse, as a diff does."""
    lines: list[str] = []
    for step in worse.steps:
        changed = [each for each in step.sentences if each.kind != "same"] if step.regression else []
        lines += [f"reply {step.number}:"] if changed else []
        for each in changed:
            lines += [f"{sign} {words}" for sign, words in (("-", each.before), ("+", each.now)) if words]
    return lines


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
