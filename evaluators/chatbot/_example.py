"""Brook, the example bot, read on a fixed day so that it answers the same on every day."""

from datetime import date
from functools import lru_cache

from evaluators.chatbot.bot import Bot

# The day on which Tarnbrook's policies are read: one of them is superseded then, another not yet in force.
EXAMPLE_DAY = date(2026, 11, 22)


@lru_cache(maxsize=1)
def example_bot() -> Bot:
    """Load Brook, the example bot of the made-up employer Tarnbrook.

    Its replies are our own; no human has rated them. Its datasheet lies beside its files, in ``datasets/hr_bot``. For
    Brook it is always 22 November 2026, so that the policies in force do not change under a lesson.

    Returns
    -------
    Bot
        The same object at each call; it does not change.

    Raises
    ------
    DatasetFolderError, AlteredDatasetError
        If the project's data sets are not installed, or the bot's files are not those of the registry.

    Examples
    --------
    >>> talk = example_bot().conversation()
    >>> talk.say("Are you a bot?").reply[:39]
    'I am Brook, a computer program of the H'
    """
    from evaluators.data import dataset_folder

    return Bot.from_files(dataset_folder("hr_bot"), as_of=EXAMPLE_DAY)
