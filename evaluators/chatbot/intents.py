"""Which intent a message has: words and letters weighed by a linear model that may also say "I do not know"."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.chatbot.errors import IntentError

Floats = npt.NDArray[np.float64]

_FOLDS = 5
_TEMPERATURES = np.geomspace(0.02, 2, 41)
_MAX_LETTERS = 1_000
_REMEMBERED = 5_000
_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word of a message and how far it spoke for the intent rather than for the next best (log-odds)."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class IntentGuess:
    """What a message was taken for.

    Attributes
    ----------
    intent : str or None
        None where the model abstains.
    confidence : float
        Calibrated probability of the best intent, 0 to 1, among the intents that the bot knows.
    best : str
        The best intent, also where the model abstains.
    second : str
        The next best.
    threshold : float
        Confidence below which the model abstains, 0 to 1.
    words : tuple of WordWeight
        The words that spoke most for or against `best`, the strongest first.
    """

    intent: str | None
    confidence: float
    best: str
    second: str
    threshold: float
    words: tuple[WordWeight, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self) | {"words": [asdict(each) for each in self.words]}

    def to_frame(self) -> pd.DataFrame:
        """Return one row per word."""
        return pd.DataFrame([asdict(each) for each in self.words], columns=["word", "weight"])

    def summary(self) -> str:
        """Say in plain words what the message was taken for, why, and what that does not prove."""
        words = [f'"{each.word}"' for each in self.words if each.weight > 0][:3]
        because = f"; what spoke for it: {', '.join(words)}" if words else ""
        if self.intent is None:
            return (
                f"No intent is sure enough: the best, {self.best}, reaches {self.confidence:.0%}, and "
                f"{self.threshold:.0%} is wanted{because}. A person should answer."
            )
        return (
            f"Taken for {self.intent}, {self.confidence:.0%} sure, rather than {self.second}{because}. "
            "The model compares words with the bot's examples; it does not understand them."
        )


@dataclass(frozen=True, slots=True)
class IntentModel:
    """A model fitted on a bot's own examples.

    Attributes
    ----------
    intents : tuple of str
        What it tells apart, sorted.
    threshold : float
        Confidence below which it abstains, 0 to 1.
    temperature : float
        What the scores are divided by to become probabilities; chosen by cross-validation.
    accuracy : float
        Share (0-1) of the examples that the cross-validation took for the right intent, before abstaining.
    answered : float
        Share (0-1) of the examples that it answered, and rightly, at the threshold.
    strangers_refused : float
        Share (0-1) of examples of intents left out of the fit on which it abstained at the threshold.
    """

    intents: tuple[str, ...]
    threshold: float
    temperature: float
    accuracy: float
    answered: float
    strangers_refused: float
    _pipeline: Any = field(repr=False)
    _known_words: frozenset[str] = field(repr=False)
    _seen: dict[str, IntentGuess] = field(default_factory=dict, repr=False)

    @classmethod
    def fit(cls, examples: Mapping[str, Sequence[str]]) -> "IntentModel":
        """Fit on what people say, and choose by cross-validation how sure is sure enough.

        The confidence is calibrated by one temperature [1]_. The threshold is where the share of examples answered
        rightly plus the share of strangers refused is greatest; strangers are examples of intents that were left
        out of the fit.

        Parameters
        ----------
        examples : mapping of str to sequence of str
            Intent -> at least two messages; at least two intents.

        Raises
        ------
        IntentError
            If there are fewer than two intents, or an intent has fewer than two different examples.

        References
        ----------
        .. [1] Guo, C. et al. (2017). On Calibration of Modern Neural Networks. ICML, section 4.2.

        Examples
        --------
        >>> model = IntentModel.fit({
        ...     "pay": ["where is my pay stub", "I need my payslip", "show me my pay slip"],
        ...     "leave": ["how much holiday is left", "book a day off", "I want to take leave"],
        ... })
        >>> model.predict("my payslip please").best
        'pay'
        """
        cleaned = {name: sorted({clean(each) for each in texts if clean(each)}) for name, texts in examples.items()}
        if len(cleaned) < 2:
            raise IntentError(f"There are {len(cleaned)} intents.", "At least two are needed to tell them apart.")
        for name, texts in cleaned.items():
            if len(texts) < 2:
                raise IntentError(
                    f"The intent {name!r} has {len(texts)} different examples.", "Write at least two; eight are better."
                )
        names = tuple(sorted(cleaned))
        said = np.array([text for name in names for text in cleaned[name]], dtype=object)
        labels = np.array([number for number, name in enumerate(names) for _ in cleaned[name]])
        logits = _out_of_fold(said, labels, len(names))
        temperature = min(_TEMPERATURES, key=lambda each: _log_loss(logits / each, labels))
        own = _softmax(logits / temperature)
        right = own.argmax(axis=1) == labels
        strangers = _stranger_confidence(said, labels, len(names), float(temperature))
        threshold, answered, refused = _threshold(own.max(axis=1), right, strangers)
        return cls(
            intents=names,
            threshold=threshold,
            temperature=float(temperature),
            accuracy=float(right.mean()),
            answered=answered,
            strangers_refused=refused,
            _pipeline=_pipeline().fit(said, labels),
            _known_words=frozenset(word for text in said for word in _WORDS.findall(text)),
        )

    def predict(self, text: str) -> IntentGuess:
        """Return what a message is taken for; the same message always gets the same answer.

        Parameters
        ----------
        text : str
            A message as typed; its first 1,000 characters are read.
        """
        message = clean(text)
        if message not in self._seen:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[message] = self._guess(message)
        return self._seen[message]

    def summary(self) -> str:
        """Say in plain words how well the model does on the bot's own examples, and what that does not prove."""
        refused = (
            ""
            if np.isnan(self.strangers_refused)
            else (f", and {self.strangers_refused:.0%} of messages about something else go to a person")
        )
        return (
            f"{len(self.intents)} intents. Tried on examples that it had not seen, the model was right on "
            f"{self.accuracy:.0%}. It answers from {self.threshold:.0%} confidence on: then {self.answered:.0%} are "
            f"answered rightly{refused}. "
            "These are the bot's own examples; real people write otherwise, so expect less."
        )

    def _guess(self, message: str) -> IntentGuess:
        logits = _scores(self._pipeline, [message], len(self.intents))[0] / self.temperature
        shares = _softmax(logits[None, :])[0]
        order = np.argsort(-shares, kind="stable")
        best, second = int(order[0]), int(order[1])
        confidence = float(shares[best])
        known = any(word in self._known_words for word in _WORDS.findall(message))
        sure = known and confidence >= self.threshold
        return IntentGuess(
            intent=self.intents[best] if sure else None,
            confidence=confidence if known else 0.0,
            best=self.intents[best],
            second=self.intents[second],
            threshold=self.threshold,
            words=self._weights(message, best, second),
        )

    def _weights(self, message: str, best: int, second: int) -> tuple[WordWeight, ...]:
        """Share the difference of the two scores among the words: exact, as the model is linear."""
        union, classifier = self._pipeline.named_steps["features"], self._pipeline.named_steps["classifier"]
        slope = _slope(np.atleast_2d(classifier.coef_), best, second)
        values = union.transform([message]).tocsr()
        amounts = dict(zip(values.indices.tolist(), (values.data * slope[values.indices]).tolist(), strict=True))
        totals: dict[str, float] = {}
        offset = 0
        for _, vectorizer in union.transformer_list:
            grams = vectorizer.build_analyzer()
            owners: dict[int, list[str]] = {}
            for word in _WORDS.findall(message):
                for gram in grams(word):
                    column = vectorizer.vocabulary_.get(gram)
                    if column is not None:
                        owners.setdefault(column + offset, []).append(word)
            for column, gram in ((vectorizer.vocabulary_.get(g), g) for g in set(grams(message)) if " " in g.strip()):
                if column is not None:
                    owners.setdefault(column + offset, []).extend(gram.split())
            for column, words in owners.items():
                for word in words:
                    totals[word] = totals.get(word, 0.0) + amounts.get(column, 0.0) / len(words)
            offset += len(vectorizer.vocabulary_)
        ranked = sorted(totals.items(), key=lambda each: (-abs(each[1]), each[0]))
        return tuple(WordWeight(word, round(weight, 4)) for word, weight in ranked[:8] if abs(weight) > 1e-9)


def clean(text: str) -> str:
    """Lower-case a message and make spaces and apostrophes alike."""
    text = unicodedata.normalize("NFKC", text[:_MAX_LETTERS]).replace("’", "'").casefold()
    return " ".join(text.split())


def _pipeline() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import FeatureUnion, Pipeline

    words = TfidfVectorizer(token_pattern=_WORDS.pattern, ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    classifier = RidgeClassifier(alpha=1.0, class_weight="balanced", random_state=0)
    return Pipeline([("features", FeatureUnion([("words", words), ("letters", letters)])), ("classifier", classifier)])


def _scores(pipeline: Any, said: Any, intents: int) -> Floats:
    """Return one score per message and intent; intents that the fit did not see get minus infinity."""
    found = np.asarray(pipeline.decision_function(said), dtype=float)
    if found.ndim == 1:  # two intents: one score, for the second
        found = np.column_stack([-found / 2, found / 2])
    scores = np.full((len(found), intents), -np.inf)
    scores[:, pipeline.classes_] = found
    return scores


def _slope(coefficients: Floats, best: int, second: int) -> Floats:
    if len(coefficients) == 1:
        return np.asarray(coefficients[0] * (1 if best == 1 else -1), dtype=float)
    return np.asarray(coefficients[best] - coefficients[second], dtype=float)


def _out_of_fold(said: Any, labels: Any, intents: int) -> Floats:
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(min(_FOLDS, int(np.bincount(labels).min())), shuffle=True, random_state=0)
    logits = np.empty((len(said), intents))
    for fit, rest in folds.split(said, labels):
        logits[rest] = _scores(_pipeline().fit(said[fit], labels[fit]), said[rest], intents)
    return logits


def _stranger_confidence(said: Any, labels: Any, intents: int, temperature: float) -> Floats:
    """Return how sure the model is of messages whose intent it has never seen; it should not be."""
    groups = min(_FOLDS, intents)
    found = []
    for group in range(groups):
        away = labels % groups == group
        if len(np.unique(labels[~away])) < 2:
            continue
        logits = _scores(_pipeline().fit(said[~away], labels[~away]), said[away], intents)
        found.append(_softmax(logits / temperature).max(axis=1))
    return np.concatenate(found) if found else np.empty(0)


def _threshold(confidence: Floats, right: Any, strangers: Floats) -> tuple[float, float, float]:
    """Return the threshold where answered rightly plus refused is greatest; the lowest of equals."""
    best = (-1.0, 0.0, 0.0, 0.0)
    for threshold in np.arange(0.20, 0.91, 0.01).round(2):
        answered = float((right & (confidence >= threshold)).mean())
        refused = float((strangers < threshold).mean()) if len(strangers) else 0.0
        if answered + refused > best[0] + 1e-12:
            best = (answered + refused, float(threshold), answered, refused)
    if not len(strangers):  # two intents: nothing to leave out, so ask for a clear lead
        return 0.6, float((right & (confidence >= 0.6)).mean()), float("nan")
    return best[1], best[2], best[3]


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=float)


def _log_loss(logits: Floats, labels: Any) -> float:
    return float(-np.log(np.clip(_softmax(logits)[np.arange(len(labels)), labels], 1e-12, 1)).mean())
