"""Score how a chatbot's reply reads: eight dimensions, the words behind each, and a gate for crises.

`score_reply` scores one reply, `score_conversation` a conversation (mean, worst reply, course). Both work offline and
give the same figures every time. The words stand in lists that people can read (`cues.toml`), the dimensions in
`rubric.toml`, the gate in `gate.toml`: an owner in HR or legal approves it. English only.

>>> score_reply("Calm down.", said="My pay is wrong again.")["non_dismissal"].cues[0].says
'tells the person how to feel'
"""

from evaluators.tone._situation import situations
from evaluators.tone._text import Text
from evaluators.tone.agreement import AgreementWith, RaterAgreement, agreement_with, rater_agreement, read_ratings
from evaluators.tone.calibration import Calibration
from evaluators.tone.conversation import ConversationTone, score_conversation
from evaluators.tone.cues import Cue, WordModel, find_cues
from evaluators.tone.errors import RatingsError, ReplyError, RubricError
from evaluators.tone.gate import Gate, GateRules, Requirement, check_gate, gate_rules, load_gate_rules
from evaluators.tone.plain_language import JargonWord, Readability, count_syllables, readability
from evaluators.tone.rubric import Dimension, Rubric, load_rubric
from evaluators.tone.score import DimensionScore, ToneScore, score_reply
from evaluators.tone.word_model import LinearWordModel, shipped_models

__all__ = [
    "AgreementWith",
    "Calibration",
    "ConversationTone",
    "Cue",
    "Dimension",
    "DimensionScore",
    "Gate",
    "GateRules",
    "JargonWord",
    "LinearWordModel",
    "RaterAgreement",
    "RatingsError",
    "Readability",
    "ReplyError",
    "Requirement",
    "Rubric",
    "RubricError",
    "Text",
    "ToneScore",
    "WordModel",
    "agreement_with",
    "check_gate",
    "count_syllables",
    "find_cues",
    "gate_rules",
    "load_gate_rules",
    "load_rubric",
    "rater_agreement",
    "read_ratings",
    "readability",
    "score_conversation",
    "score_reply",
    "shipped_models",
    "situations",
]
