"""A small HR bot that people configure in files and talk to; offline, deterministic, and quick to fetch a person.

The bot compares words with examples. It understands nothing, and the lists that send grave messages to a person have
not been approved by anybody with that duty: name your own owners before real people use it.
"""

from evaluators.chatbot._example import example_bot
from evaluators.chatbot.bot import Bot, Conversation
from evaluators.chatbot.errors import BotFileError, HRSystemError, IntentError, WordListError
from evaluators.chatbot.files import BotFiles, BotFinding, load_bot_files
from evaluators.chatbot.hr_system import PlanChange, PretendHR
from evaluators.chatbot.intents import IntentGuess, IntentModel, WordWeight
from evaluators.chatbot.sensitive import KINDS, SensitiveFinding, SensitiveWords, find_sensitive
from evaluators.chatbot.turn import Citation, Talk, Talker, Turn

__all__ = [
    "KINDS",
    "Bot",
    "BotFileError",
    "BotFiles",
    "BotFinding",
    "Citation",
    "Conversation",
    "HRSystemError",
    "IntentError",
    "IntentGuess",
    "IntentModel",
    "PlanChange",
    "PretendHR",
    "SensitiveFinding",
    "SensitiveWords",
    "Talk",
    "Talker",
    "Turn",
    "WordListError",
    "WordWeight",
    "example_bot",
    "find_sensitive",
    "load_bot_files",
]
