"""The live half of every rating round: cards, scales, and the comparison at the end. Browser: rating_round.js."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from evaluators.errors import LabError
from evaluators.widgets._display import assets, show, show_widget, standin
from evaluators.widgets._round_desk import RoundDesk


class RoundWidget(anywidget.AnyWidget):
    """Cards to rate.

    The browser sends all its ratings each time, so that none is lost when two clicks follow closely.

    Parameters
    ----------
    desk : RoundDesk
        The round.
    title : str
        Heading.
    cards, scales : list of dict
        What is shown of each card, and what it is rated on.
    words : mapping of str to str
        ``meta``, ``intro``, ``keys``, ``hard`` (said of careful cards), ``finish``, ``early``, ``results``, and
        ``cohort`` if others' ratings can be brought.
    """

    _esm = assets("dom.js", "rating_round.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)  # {"seq", "action", "state", "file"}, written by the browser
    reply = traitlets.Dict().tag(sync=True)  # {"seq", "ok", "text", "problem", "html"}, written here
    state = traitlets.Dict().tag(sync=True)  # what `RoundDesk.state` says, for a page that is drawn anew

    def __init__(
        self,
        desk: RoundDesk,
        title: str,
        *,
        cards: list[dict[str, Any]],
        scales: list[dict[str, Any]],
        words: Mapping[str, str],
    ) -> None:
        self._desk = desk
        spec = {"title": title, "cards": cards, "scales": scales, "lowest": desk.steps[0], "words": dict(words)}
        state = desk.state()
        cards_rated = f"{desk.rated} {'card' if desk.rated == 1 else 'cards'} rated so far."
        text = f"Welcome back. {cards_rated}" if state["begun"] else ""
        super().__init__(spec=spec, state=state, request={"seq": 0}, reply=self._told(0, text))
        self.observe(self._requested, names="request")

    @abstractmethod
    def results(self) -> str:
        """Return the comparison as HTML."""

    def bring(self, name: str, data: str) -> str:
        """Take a file of others' ratings, its bytes in base 64, and say what was read.

        A round whose page has no place for such a file is never asked.
        """
        raise NotImplementedError

    def _told(self, seq: object, text: str = "", *, problem: str = "", html: str | None = None) -> dict[str, Any]:
        sheet = self._desk.sheet
        trouble = sheet.problem or sheet.notice
        return {"seq": seq, "ok": not trouble, "text": trouble or text, "problem": problem, "html": html}

    def _requested(self, change: Any) -> None:
        """Keep what was rated, then do what was asked; whatever goes wrong is said in words."""
        sent = change["new"]
        seq, action = sent.get("seq", 0), sent.get("action")
        if isinstance(sent.get("state"), dict):
            self._desk.keep(sent["state"])
            self.state = self._desk.state()
        text, problem, html = "Saved on this computer.", "", None
        try:
            if action == "save":
                name = self._desk.save()
                text = (
                    f"Written beside this notebook: {name}, with the code {self._desk.rater}. Give it to your trainer."
                )
            elif action == "cohort":
                file = sent.get("file")
                file = file if isinstance(file, dict) else {}
                text = self.bring(str(file.get("name", "")), str(file.get("data", "")))
            if action in ("results", "cohort"):
                html = self.results()
        except LabError as error:
            problem = f"{error.problem} {error.hint}"
        except OSError as error:
            problem = f"{self._desk.file} could not be written ({error.strerror or error}). Nothing was written half."
        except Exception as error:
            # Nobody here reads a traceback; the ratings are on disk already.
            problem = f"This cannot be worked out ({type(error).__name__}). Your ratings are kept; tell your trainer."
        self.reply = self._told(seq, text, problem=problem, html=html)


def show_round(desk: RoundDesk, title: str, make: Callable[[], RoundWidget]) -> None:
    """Display a round, and what stands in for it where no widget lives."""
    cards = f"{desk.rated} of {len(desk.ids)}"
    show(standin(title, [("Cards", f"{cards} rated"), ("File", desk.file)]), f"{title}: {cards} cards rated.")
    show_widget(make)
