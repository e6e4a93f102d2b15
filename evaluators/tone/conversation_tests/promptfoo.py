"""The same conversations for promptfoo: one test a message, tied together by their conversation."""

import json
import re
from collections.abc import Iterable
from typing import Any

from evaluators.tone._text import Text
from evaluators.tone.conversation_tests.model import Bound, Check, TestStep, TestStory

# promptfoo fills `_conversation` with the talk so far, one entry a turn (docs/configuration/chat, read November 2026).
_PROMPT = """[
{% for completion in _conversation %}
  {"role": "user", "content": {{ completion.input | dump }}},
  {"role": "assistant", "content": {{ completion.output | dump }}},
{% endfor %}
  {"role": "user", "content": {{ message | dump }}}
]
"""
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_LETTER = r"[\p{L}\p{N}]"


def to_promptfoo(
    tests: Iterable[TestStory], *, model: str = "your-model", base_url: str = "", key_env: str = "OPENAI_API_KEY"
) -> str:
    """Return conversation tests as a configuration for promptfoo.

    Parameters
    ----------
    tests : iterable of TestStory
        As `load_tests` returns them.
    model, base_url : str
        The model, and the address of an OpenAI-compatible endpoint; by default promptfoo's own for OpenAI.
    key_env : str
        Name of the environment variable that holds the key; the key itself is never written.

    Returns
    -------
    str
        YAML. What promptfoo cannot see stands in each test's metadata under ``not_exported`` and is counted at the
        top. Words of people and bots are text in it, never templates.

    Examples
    --------
    >>> from evaluators.tone.conversation_tests.model import Check, TestStep
    >>> story = TestStory("talks.yml", "ask", 1, (TestStep("Is {{this}} a test?", must=(Check(say="yes"),)),))
    >>> text = to_promptfoo([story])
    >>> "conversationId: talks.yml/ask" in text, "Is {{this}}" in text
    (True, False)
    """
    cases, lacking = [], dict[str, int]()
    for story in tests:
        for number, step in enumerate(story.steps, start=1):
            asserts, left = _asserts(story, step, last=number == len(story.steps))
            for each in left:
                kind = each.split(":")[0].split()[0]
                lacking[kind] = lacking.get(kind, 0) + 1
            metadata: dict[str, Any] = {"conversationId": _plain(f"{story.file}/{story.name}")}
            for name in ("situation", "persona"):
                if value := getattr(story, name):
                    metadata[name] = _plain(value)
            if story.tags:
                metadata["tags"] = [_plain(each) for each in story.tags]
            if left:
                metadata["not_exported"] = [_plain(each) for each in left]
            case: dict[str, Any] = {
                "description": _plain(f"{story.name}, message {number}"),
                "vars": {"message": _plain(step.said)},
                "metadata": metadata,
            }
            if asserts:
                case["assert"] = asserts
            cases.append(case)
    provider: dict[str, Any] = {"id": f"openai:chat:{model}", "config": {"apiKeyEnvar": key_env, "temperature": 0}}
    if base_url:
        provider["config"]["apiBaseUrl"] = base_url
    value = {
        "description": "Conversation tests of hr-it-lab",
        "prompts": [_PROMPT],
        "providers": [provider],
        "tests": cases,
    }
    counted = ", ".join(f"{name} ({count})" for name, count in sorted(lacking.items())) or "nothing"
    head = (
        "# Written by hrlab tone --promptfoo. Name your model under providers; the key stays in the environment.\n"
        "# Braces of templates in what people say are kept apart by an invisible sign (U+2060).\n"
        "# Python assertions call evaluators.tone: promptfoo's Python must have hr-it-lab installed.\n"
        f"# Not exported, since promptfoo cannot see it: {counted}.\n"
    )
    return head + _yaml(value)


def _yaml(value: Any) -> str:
    """Write YAML with texts of several lines as such, and no line broken."""
    import yaml  # type: ignore[import-untyped, unused-ignore]

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, unused-ignore]
        pass

    def text(dumper: Any, words: str) -> Any:
        style = "|" if "\n" in words.strip() else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", words, style=style)

    Dumper.add_representer(str, text)
    return str(yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100_000))


def _plain(text: str) -> str:
    """Return text that is no template: nothing in promptfoo escapes one in a variable (its issue 10434, open)."""
    return _TEMPLATE.sub(lambda found: f"{found[0][0]}\u2060{found[0][1]}", text)


def _literal(value: str | list[str]) -> str:
    """Return a literal of JavaScript that holds no brace which could begin a template."""
    return json.dumps(value).replace("{", "\\u007b")


def _asserts(story: TestStory, step: TestStep, *, last: bool) -> tuple[list[dict[str, str]], list[str]]:
    made: list[dict[str, str]] = []
    left: list[str] = []
    bounds = {**story.tone.bounds(), **step.bounds}
    for name, bound in bounds.items():
        made.append(_python(_tone_code(story, name, bound), f"tone: {name} {bound.words()}"))
    if step.gate_asked:
        made.append(_python(_gate_code(False, story), "tone: the gate"))
    for check in step.must:
        _add(made, left, check, story, wanted=True)
    for check in (*step.never, *story.never):
        _add(made, left, check, story, wanted=False)
    if step.intent:
        left.append(f"intent: {step.intent}")
    left += [f"action: {name}" for name in step.actions]
    left += [f"slot: {name}" for name in step.slots]
    if last:
        left += [f"story must: {check.words()}" for check in story.must]
        for name in ("mean", "minimum", "trajectory"):
            if getattr(story.tone, name) is not None:
                left.append(f"story tone: {name}")
    return made, left


def _add(made: list[dict[str, str]], left: list[str], check: Check, story: TestStory, *, wanted: bool) -> None:
    side = "must" if wanted else "never"
    metric = f"{side}: {check.words()}"
    no = "" if wanted else "!"
    if check.kind == "say":
        patterns = _literal([_wording(each) for each in check.say or ()])
        made.append(_javascript(f"{no}{patterns}.some((p) => new RegExp(p, 'iu').test(output))", metric))
    elif check.kind == "match":
        pattern = _literal(check.match or "")
        made.append(_javascript(f"{no}new RegExp({pattern}, 'im').test(output)", metric))
    elif check.kind == "ask_question":
        made.append(_javascript(f"{no}output.includes('?')", metric))
    elif check.kind == "offer_person":
        made.append(_python(_requirement_code("person", wanted), metric))
    elif check.kind == "promise_secrecy":
        made.append(_python(_requirement_code("secrecy", True), metric))
    elif check.kind == "pass_gate":
        made.append(_python(_gate_code(True, story), metric))
    else:
        left.append(metric)


def _wording(words: str) -> str:
    """Return a pattern for whole words, whatever stands between them."""
    text = Text(words)
    each = [re.sub(r"['’]", "['’]?", re.escape(text.folded[word.start : word.end])) for word in text.words]
    between = r"[^\p{L}\p{N}]+"
    return f"(?<!{_LETTER})" + between.join(each) + f"(?!{_LETTER})"


def _tone_code(story: TestStory, name: str, bound: Bound) -> str:
    low = 0.0 if bound.at_least is None else bound.at_least
    high = 4.0 if bound.at_most is None else bound.at_most
    value = "tone.overall" if name == "overall" else f"tone[{name!r}].score"
    situation = story.situation if story.situation not in ("harassment", "crisis") else "mental_health"
    return (
        "from evaluators.tone import score_reply\n"
        f"tone = score_reply(output, said=context['vars']['message'], situation={situation!r})\n"
        f"score = {value}\n"
        f"return dict([('pass', {low} <= score <= {high}), ('score', score / 4), ('reason', tone.summary())])\n"
    )


def _gate_code(by_situation: bool, story: TestStory) -> str:
    kinds = [story.situation] if by_situation and story.situation in ("harassment", "crisis") else []
    return (
        "from evaluators.tone import check_gate\n"
        f"gate = check_gate(output, said=context['vars']['message'], situation={kinds!r})\n"
        "return dict([('pass', gate.passed), ('score', float(gate.passed)), ('reason', gate.summary())])\n"
    )


def _requirement_code(name: str, wanted: bool) -> str:
    return (
        "from evaluators.tone import check_gate\n"
        "gate = check_gate(output, situation=['harassment'])\n"
        f"met = all(each.met for each in gate.requirements if each.name == {name!r})\n"
        f"return dict([('pass', met is {wanted}), ('score', float(met is {wanted})), ('reason', {name!r})])\n"
    )


def _javascript(code: str, metric: str) -> dict[str, str]:
    return {"type": "javascript", "value": code, "metric": _plain(metric)}


def _python(code: str, metric: str) -> dict[str, str]:
    return {"type": "python", "value": code, "metric": _plain(metric)}
