"""The tone of one's own replies or bot by clicking: an anywidget whose browser half is tone_explorer.js."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from evaluators.widgets._desk import Done
from evaluators.widgets._display import assets
from evaluators.widgets._own_data import OwnDataExplorer, show_explorer
from evaluators.widgets._tone_desk import COLUMNS, OwnBot, ToneDesk

if TYPE_CHECKING:
    import pandas as pd

    from evaluators.chatbot.turn import Talker

_TITLE = "Look at the tone of your own replies"
_HELP = {
    "reply": "Each row needs one.",
    "said": "Without it, nobody can tell whether a crisis was answered as it must be.",
    "conversation": "With it, later replies are read as what they are. The rows stand in the order of the talk.",
    "situation": "Only if your table has the names of the list below.",
    "id": "So that you find a row again. A code, not a name.",
}


class ToneExplorer(OwnDataExplorer):
    """The form of a look at one's own replies or bot, and its result.

    Parameters
    ----------
    desk : ToneDesk
        What does the work.
    title : str
        Heading.
    then : callable, optional
        Gets each new result, and None when it goes.
    """

    _esm = assets("dom.js", "own_data.js", "tone_explorer.js")

    def __init__(
        self, desk: ToneDesk, title: str = _TITLE, *, then: Callable[[Done | None], None] | None = None
    ) -> None:
        from evaluators.tone import situations

        spec = {
            "columns": [[field, words, _HELP[field]] for field, words in COLUMNS.items()],
            "situations": [[name, name.replace("_", " ")] for name in situations()],
        }
        super().__init__(desk, title, spec, then)


def tone_explorer(
    replies: "Mapping[str, pd.DataFrame] | None" = None,
    *,
    bots: "Mapping[str, tuple[Callable[[], Talker] | str | os.PathLike[str], str | os.PathLike[str]]] | None" = None,
    folder: str | os.PathLike[str] = ".",
    title: str = _TITLE,
) -> None:
    """Let somebody look at the tone of their own replies, or of their own bot, by clicking.

    A table of replies is scored as the command ``hrlab tone score`` scores it; to a bot, written conversations are
    played as ``hrlab tone BOT --tests FILE`` plays them. Page and figures are those of the commands. A button saves
    them into `folder`. Nothing leaves the computer.

    Parameters
    ----------
    replies : mapping of str to DataFrame, optional
        Name -> a table with one row for each reply, such as an example; offered before the files.
    bots : mapping of str to (callable or path, path), optional
        Name -> what returns a bot, or the path of its files; and the path of its conversation tests.
    folder : path, optional
        Where tables, bots and tests are looked for; default the notebook's folder.
    title : str, optional
        Heading, plain text.

    See Also
    --------
    evaluators.tone.conversation_tests.score_file : The scoring itself.
    evaluators.tone.conversation_tests.run_tests : The playing of tests.

    Examples
    --------
    >>> from evaluators.data import load_hr_replies
    >>> tone_explorer({"Example": load_hr_replies()})  # doctest: +SKIP
    """
    desk = ToneDesk(replies or {}, folder, {name: OwnBot(*each) for name, each in (bots or {}).items()})
    show_explorer(
        lambda: ToneExplorer(desk, title),
        title,
        "Here a form stands while the lab runs. Open this notebook in the lab to choose replies or a bot.",
    )
