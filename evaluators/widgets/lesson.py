"""An ungraded lesson: guesses, questions that answer at once, and things to move."""

from collections.abc import Callable, Mapping
from html import escape

from evaluators.answers import AnswerKeyError, Item
from evaluators.widgets._page import Page, labels
from evaluators.widgets.explorer import Control, explore


class Lesson(Page):
    """The questions of one lesson, kept in ``answers-<lesson>.json`` beside the notebook.

    Parameters
    ----------
    name : str
        Name of the lesson.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, f"answers-{name}.json")

    def predict(self, item_id: str, prompt: str, options: Mapping[str, str]) -> None:
        """Ask for a guess before the learner has seen the result; nothing is revealed.

        Parameters
        ----------
        item_id : str
            Stable snake_case name.
        prompt : str
            The question, plain text.
        options : mapping of str to str
            Key -> label.
        """
        item = Item(item_id, "choice", prompt, labels(options), points=0.0)
        neutral = "<p>Noted. Keep your guess in mind and read on.</p>"
        self._ask(item, mode="predict", respond=lambda _: neutral)

    def check(self, item_id: str, prompt: str, options: Mapping[str, str], *, key: str, why: Mapping[str, str]) -> None:
        """Ask a question and answer each option at once.

        Parameters
        ----------
        item_id, prompt, options
            See `predict`.
        key : str
            The right option.
        why : mapping of str to str
            Option -> what is right or mistaken about it; every option has one.

        Raises
        ------
        AnswerKeyError
            If the key is no option or an option has no explanation.
        """
        unexplained = sorted({key, *options} - (options.keys() & why.keys()))
        if unexplained:
            raise AnswerKeyError(
                f"Question {item_id}: {unexplained[0]!r} is no option or has no explanation.",
                "Give `why` a sentence for each option, the wrong ones too.",
            )
        item = Item(item_id, "choice", prompt, labels(options), points=0.0)

        def respond(value: object) -> str:
            if not isinstance(value, str) or value not in why:
                return ""
            sign, word = ("✓", "Right") if value == key else ("✗", "Not quite")
            verdict = "right" if value == key else "wrong"
            heading = f'<strong><span aria-hidden="true">{sign}</span> {word}.</strong>'
            return f'<p class="hr-{verdict}">{heading} {escape(why[value])}</p>'

        self._ask(item, mode="check", respond=respond)

    def write(
        self,
        item_id: str,
        prompt: str,
        *,
        words: tuple[int, int] | None = None,
        help: str = "",  # noqa: A002 - the word that authors know
    ) -> None:
        """Ask for a text of the learner's own; it is kept, and nobody marks it.

        Parameters
        ----------
        item_id, prompt
            See `predict`.
        words : tuple of (int, int), optional
            A good length, said under the question. It is advice: a shorter or longer text is kept without a word.
        help : str, optional
            A line below the question.
        """
        length = f"A good length: {words[0]} to {words[1]} words." if words else ""
        self._ask(Item(item_id, "paragraph", prompt, points=0.0), hint=f"{help} {length}".strip(), mode="write")

    def explore(self, controls: Mapping[str, Control], draw: Callable[..., str], *, title: str = "Try it") -> None:
        """Let the learner move something and see the picture and the words change.

        Parameters
        ----------
        controls : mapping of str to Control
            Argument name -> `select`, `slider`, `word_slider`, `number_box`, `checkbox` or `button`.
        draw : callable
            Takes the values by name, returns HTML; called once now, then at each change.
        title : str, optional
            Heading.
        """
        explore(controls, draw, title=title)
