"""A small HR bot that people configure in files and talk to; offline, deterministic, and quick to fetch a person.

The bot compares words with examples. It understands nothing, and the lists that send grave messages to a person have
not been approved by anybody with that duty: name your own owners before real people use it.
"""

from evaluators.chatbot._endpoint_errors import CallBudgetError, EndpointError, EndpointSettingError
from evaluators.chatbot._example import example_bot
from evaluators.chatbot.bot import Bot, Conversation
from evaluators.chatbot.coach import TalkPlan, plan_talk
from evaluators.chatbot.endpoint import CallBudget, Endpoint
from evaluators.chatbot.errors import (
    BotFileError,
    ConversationError,
    FlowError,
    HRSystemError,
    IntentError,
    PolicyError,
    WordListError,
)
from evaluators.chatbot.files import BotFiles, BotFinding, load_bot_files
from evaluators.chatbot.flow import BotFlow, bot_flow
from evaluators.chatbot.function_talker import FunctionTalker, talker_of
from evaluators.chatbot.hr_system import PlanChange, PretendHR
from evaluators.chatbot.intents import IntentGuess, IntentModel, WordWeight
from evaluators.chatbot.policies import Policies, PolicyFinding, find_policy
from evaluators.chatbot.prompts import system_prompt
from evaluators.chatbot.sensitive import KINDS, SensitiveFinding, SensitiveWords, find_sensitive
from evaluators.chatbot.turn import Citation, Talk, Talker, Turn

__all__ = [
    "KINDS",
    "Bot",
    "BotFileError",
    "BotFiles",
    "BotFinding",
    "BotFlow",
    "CallBudget",
    "CallBudgetError",
    "Citation",
    "Conversation",
    "ConversationError",
    "Endpoint",
    "EndpointError",
    "EndpointSettingError",
    "FlowError",
    "FunctionTalker",
    "HRSystemError",
    "IntentError",
    "IntentGuess",
    "IntentModel",
    "PlanChange",
    "Policies",
    "PolicyError",
    "PolicyFinding",
    "PretendHR",
    "SensitiveFinding",
    "SensitiveWords",
    "Talk",
    "TalkPlan",
    "Talker",
    "Turn",
    "WordListError",
    "WordWeight",
    "bot_flow",
    "example_bot",
    "find_policy",
    "find_sensitive",
    "load_bot_files",
    "plan_talk",
    "system_prompt",
    "talker_of",
]
