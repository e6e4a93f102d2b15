"""Other words for a bot's replies, checked as its files are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from evaluators.chatbot.errors import BotReplyError
from evaluators.chatbot.model import Response

if TYPE_CHECKING:
    from evaluators.chatbot.files import BotFiles

LONGEST = 5_000  # letters of a reply
ALWAYS = ("person", "office_hours", "crisis_resource", "bot_name")
_FIELD = re.compile(r"\{(\w+)\}")


def reworded(files: "BotFiles", replies: Mapping[str, str | Sequence[str]]) -> "BotFiles":
    """Return a bot's files with other words for some replies; see `Bot.with_replies`."""
    from evaluators.chatbot.files import nearest

    changed = dict(files.responses)
    for name, given in replies.items():
        if name not in changed:
            raise BotReplyError(f"The bot has no reply {name!r}.", nearest(str(name), changed))
        texts = [given] if isinstance(given, str) else list(given)
        old = changed[name]
        if len(texts) != len(old):
            count = "one wording" if len(old) == 1 else f"{len(old)} wordings"
            raise BotReplyError(
                f"The reply {name!r} has {count}, and {len(texts)} were given.", "Give as many texts, in their order."
            )
        changed[name] = tuple(_with_text(files, name, *pair, old) for pair in zip(old, texts, strict=True))
    return replace(files, responses=changed)


def _with_text(files: "BotFiles", name: str, wording: Response, text: object, old: Sequence[Response]) -> Response:
    if not isinstance(text, str) or not text.strip():
        raise BotReplyError(f"The new reply {name!r} holds no words.", "Write what the bot is to say.")
    if len(text) > LONGEST:
        raise BotReplyError(
            f"The new reply {name!r} has {len(text):,} letters.",
            f"A reply has at most {LONGEST:,}; fewer are read.",
        )
    known = {*ALWAYS, *files.slots, *_FIELD.findall(" ".join(one.text for one in old))}
    unknown = [field for field in _FIELD.findall(text) if field not in known]
    if unknown:
        from evaluators.chatbot.files import nearest

        raise BotReplyError(
            f"Nothing fills {{{unknown[0]}}} in the new reply {name!r}.",
            nearest(unknown[0], known),
        )
    return wording.model_copy(update={"text": text.strip()})
