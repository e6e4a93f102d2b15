"""Conversation tests: play written talks to a bot, check its answers, and see which reply got colder.

`load_tests` reads files in Rasa's form with blocks of our own (docs/conversation_tests.md), `run_tests` plays them to a
bot, `accept` keeps a run as the yardstick and `compare` shows what changed since. `run_html`, `run_json` and `to_junit`
write the result, `to_promptfoo` the tests for another tool. `hrlab tone` does all of it.
"""

from evaluators.tone.conversation_tests.accepted import KeptRun, accept, accepted_text, load_accepted
from evaluators.tone.conversation_tests.checks import CheckResult, Span
from evaluators.tone.conversation_tests.diff import (
    TOLERANCE,
    RunDiff,
    ScoreChange,
    SentenceChange,
    StepDiff,
    StoryDiff,
    compare,
    sentence_changes,
)
from evaluators.tone.conversation_tests.errors import AcceptedRunError, ConversationTestError
from evaluators.tone.conversation_tests.junit import to_junit
from evaluators.tone.conversation_tests.model import Bound, Check, StoryTone, TestStep, TestStory
from evaluators.tone.conversation_tests.own_replies import guess_columns, score_file
from evaluators.tone.conversation_tests.page import run_html, run_json
from evaluators.tone.conversation_tests.promptfoo import to_promptfoo
from evaluators.tone.conversation_tests.reading import load_tests
from evaluators.tone.conversation_tests.replies_page import scores_csv, scores_html, scores_json
from evaluators.tone.conversation_tests.replies_scoring import score_replies
from evaluators.tone.conversation_tests.replies_table import ConversationRow, ReplyScores, ScoredRow
from evaluators.tone.conversation_tests.results import ReplyTone, StepResult, StoryResult, TestRun
from evaluators.tone.conversation_tests.running import run_tests

__all__ = [
    "TOLERANCE",
    "AcceptedRunError",
    "Bound",
    "Check",
    "CheckResult",
    "ConversationRow",
    "ConversationTestError",
    "KeptRun",
    "ReplyScores",
    "ReplyTone",
    "RunDiff",
    "ScoreChange",
    "ScoredRow",
    "SentenceChange",
    "Span",
    "StepDiff",
    "StepResult",
    "StoryDiff",
    "StoryResult",
    "StoryTone",
    "TestRun",
    "TestStep",
    "TestStory",
    "accept",
    "accepted_text",
    "compare",
    "guess_columns",
    "load_accepted",
    "load_tests",
    "run_html",
    "run_json",
    "run_tests",
    "score_file",
    "score_replies",
    "scores_csv",
    "scores_html",
    "scores_json",
    "sentence_changes",
    "to_junit",
    "to_promptfoo",
]
