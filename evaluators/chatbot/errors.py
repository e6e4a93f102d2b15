"""What can be wrong with a bot, its files or what is asked of it."""

from evaluators.errors import LabError


class BotFileError(LabError, ValueError):
    """Files of a bot that cannot be read, or that say something that cannot be; all that was found, with lines."""


class BotReplyError(LabError, ValueError):
    """A new wording that a bot cannot use: no such reply, no words, or a field that nothing fills."""


class IntentError(LabError, ValueError):
    """Examples from which no telling of intents can be learned."""


class WordListError(LabError, ValueError):
    """A list of sensitive words that cannot be read."""


class HRSystemError(LabError, LookupError):
    """The pretend HR system has no such person, plan or month, or the change is not allowed."""


class PolicyError(LabError, ValueError):
    """A policy that cannot be read, or that lacks what is needed to quote it."""


class ConversationError(LabError, ValueError):
    """A kept conversation that cannot be taken up again."""


class FlowError(LabError, ValueError):
    """Situations that cannot be played to a bot."""
