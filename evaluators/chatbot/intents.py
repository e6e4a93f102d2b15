"""Which intent a message has: words and letters weighed by a linear model that may also say "I do not know"."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.chatbot._words import near
from evaluators.chatbot.errors import IntentError

Floats = npt.NDArray[np.float64]

OUT_OF_SCOPE = "out_of_scope"  # Rasa's usual name for what a bot is not there for; never counted as an answer

_FOLDS = 5
_WANTED = 0.85  # share of answers that are to be right
_RIDGE = 0.5
_CLEAR = 0.9  # above this confidence the next best intent is not worth a word
_TEMPERATURES = np.geomspace(0.02, 2, 41)
_MAX_LETTERS = 1_000
_REMEMBERED = 5_000
_LITTLE = frozenset(
    re.findall(
        r"\S+",
        """
a an the i i'm me my you your he she it its it's we they them him her his our their this that there here is are was
were am be been do does did have has had can could will would shall should may might must not no yes and or but if so to
of in on at for from with by about what when where which who why how now then still just up out
""",
    )
)
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

    def because(self) -> str:
        """Say in one or two short sentences what the message was taken for, and by which words."""
        if not self.confidence:
            return "No word of the message is like a word in the bot's examples."
        words = [f'"{each.word}"' for each in self.words if each.weight > 0][:3]
        spoke = f" Words that spoke for it: {', '.join(words)}." if words else ""
        best, second = self.best.replace("_", " "), self.second.replace("_", " ")
        if self.intent is None and self.confidence >= self.threshold and self.best != OUT_OF_SCOPE:
            return f'Only words that stand everywhere spoke for "{best}", so it is not taken for that.{spoke}'
        if self.intent is None:
            return (
                f'Not sure enough: the nearest is "{best}" with {self.confidence:.0%}, and {self.threshold:.0%} is '
                f"wanted.{spoke}"
            )
        if self.intent == OUT_OF_SCOPE:
            return f"Taken for something that the bot is not there for ({self.confidence:.0%} sure).{spoke}"
        rival = f'; the next nearest is "{second}"' if self.confidence < _CLEAR else ""
        return f'Taken for "{best}" ({self.confidence:.0%} sure{rival}).{spoke}'

    def summary(self) -> str:
        """Say in plain words what the message was taken for, why, and what that does not prove."""
        person = " A person should answer." if self.intent in (None, OUT_OF_SCOPE) else ""
        return (
            f"{self.because()}{person} The model compares words with the bot's examples; it does not understand them."
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
        Share (0-1) of the examples that it answered at the threshold, and rightly.
    right_when_answered : float
        Share (0-1) of its answers to them that were right; NaN if it answered none.
    strangers_refused : float
        Share (0-1) of examples of intents left out of the fit that it did not answer at the threshold.
    """

    intents: tuple[str, ...]
    threshold: float
    temperature: float
    accuracy: float
    answered: float
    right_when_answered: float
    strangers_refused: float
    _features: Any = field(repr=False)
    _slopes: Floats = field(repr=False)  # shape (n_features, n_intents)
    _known_words: frozenset[str] = field(repr=False)
    _chatty: frozenset[str] = field(default=frozenset(), repr=False)  # with examples of nothing but little words
    _seen: dict[str, IntentGuess] = field(default_factory=dict, repr=False)

    @classmethod
    def fit(cls, examples: Mapping[str, Sequence[str]]) -> "IntentModel":
        """Fit on what people say, and choose by cross-validation how sure is sure enough.

        The confidence is calibrated by one temperature [1]_. The threshold is the lowest confidence from which
        85 % of the answers to examples that a fit had not seen were right. An intent called ``out_of_scope`` holds
        messages that the bot is not there for: to be taken for one is to be refused, not answered.

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
        features = _features()
        values = features.fit_transform(said).tocsr()
        alike = np.asarray((values @ values.T).todense(), dtype=float)
        ridge = _Ridge.fit(alike, labels, len(names))
        logits = _out_of_fold(ridge)
        temperature = min(_TEMPERATURES, key=lambda each: _log_loss(logits / each, labels))
        own = _softmax(logits / temperature)
        right = own.argmax(axis=1) == labels
        outside = names.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in names else -1
        inside = labels != outside
        # To be taken for out of scope is to get no answer, so such a guess is never sure.
        sure = np.where(own.argmax(axis=1) == outside, 0.0, own.max(axis=1))
        threshold = _threshold(sure, right)
        answered = inside & (sure >= threshold)
        strangers = _stranger_confidence(ridge, float(temperature), outside)
        return cls(
            intents=names,
            threshold=threshold,
            temperature=float(temperature),
            accuracy=float(right[inside].mean()),
            answered=float(right[answered].sum() / inside.sum()),
            right_when_answered=float(right[answered].mean()) if answered.any() else float("nan"),
            strangers_refused=float((strangers < threshold).mean()) if len(strangers) else float("nan"),
            _features=features,
            _slopes=np.asarray(values.T @ ridge.weights),
            _chatty=frozenset(
                name
                for name, texts in cleaned.items()
                if any(_LITTLE.issuperset(_WORDS.findall(text)) for text in texts)
            ),
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
            else f"; of messages about something that it never learned, {self.strangers_refused:.0%} get no answer"
        )
        when = (
            "" if np.isnan(self.right_when_answered) else f", {self.right_when_answered:.0%} of its answers are right"
        )
        return (
            f"{len(self.intents)} intents. Tried on examples that it had not seen, the model's first guess was right "
            f"on {self.accuracy:.0%}. It answers from {self.threshold:.0%} confidence on: then {self.answered:.0%} of "
            f"the examples are answered rightly{when}{refused}. The rest are offered a person. "
            "These are the bot's own examples, each tried while it was held back; real people write otherwise."
        )

    def _guess(self, message: str) -> IntentGuess:
        values = self._features.transform([message]).tocsr()
        logits = np.asarray(values @ self._slopes)[0] / self.temperature
        shares = _softmax(logits[None, :])[0]
        order = np.argsort(-shares, kind="stable")
        best, second = int(order[0]), int(order[1])
        confidence = float(shares[best])
        typed = _WORDS.findall(message)
        known = not self._known_words.isdisjoint(typed) or any(self._nearly_knows(word) for word in typed)
        words = self._weights(message, values, best, second)
        told = self.intents[best] in self._chatty or any(
            each.word not in _LITTLE and (each.word in self._known_words or self._nearly_knows(each.word))
            for each in words
            if each.weight > 0
        )
        sure = known and ((told and confidence >= self.threshold) or self.intents[best] == OUT_OF_SCOPE)
        return IntentGuess(
            intent=self.intents[best] if sure else None,
            confidence=confidence if known else 0.0,
            best=self.intents[best],
            second=self.intents[second],
            threshold=self.threshold,
            words=words,
        )

    def _nearly_knows(self, word: str) -> bool:
        return len(word) <= 30 and any(near(word, other) for other in self._known_words)

    def _weights(self, message: str, values: Any, best: int, second: int) -> tuple[WordWeight, ...]:
        """Share the difference of the two scores among the words: exact, as the model is linear."""
        slope = self._slopes[:, best] - self._slopes[:, second]
        amounts = dict(zip(values.indices.tolist(), (values.data * slope[values.indices]).tolist(), strict=True))
        totals: dict[str, float] = {}
        offset = 0
        for _, vectorizer in self._features.transformer_list:
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


def _features() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    words = TfidfVectorizer(token_pattern=_WORDS.pattern, ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    return FeatureUnion([("words", words), ("letters", letters)])


@dataclass(frozen=True, slots=True)
class _Ridge:
    """Ridge regression of each intent, 1 or -1, on the products of all messages with each other.

    A few hundred messages have tens of thousands of features, so their products are the smaller table. Held-out scores
    need no further fit: with G the inverse of the products plus the ridge, what a fit without the messages r misses of
    their targets is the solution of G[r, r] x = (G targets)[r].

    Parameters
    ----------
    inverse : array of float, shape (n_messages, n_messages)
        G.
    targets, weights : array of float, shape (n_messages, n_intents)
        What to predict, and what each message weighs in it.
    labels : array of int, shape (n_messages,)
        The intent of each message.
    """

    inverse: Floats
    targets: Floats
    weights: Floats
    labels: Any

    @classmethod
    def fit(cls, alike: Floats, labels: Any, intents: int) -> "_Ridge":
        targets = np.where(labels[:, None] == np.arange(intents), 1.0, -1.0)
        inverse = np.asarray(np.linalg.inv(alike + _RIDGE * np.eye(len(labels))), dtype=float)
        return cls(inverse, targets, inverse @ targets, labels)

    def held_out(self, rest: Any) -> Floats:
        """Return the scores of messages under a fit without them; intents that are then unknown get minus infinity."""
        missed = np.linalg.solve(self.inverse[np.ix_(rest, rest)], self.weights[rest])
        scores = np.asarray(self.targets[rest] - missed, dtype=float)
        seen = np.delete(self.labels, rest)
        scores[:, np.setdiff1d(np.arange(self.targets.shape[1]), seen)] = -np.inf
        return scores


def _out_of_fold(ridge: _Ridge) -> Floats:
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(min(_FOLDS, int(np.bincount(ridge.labels).min())), shuffle=True, random_state=0)
    logits = np.empty_like(ridge.targets)
    for _, rest in folds.split(ridge.targets, ridge.labels):
        logits[rest] = ridge.held_out(rest)
    return logits


def _stranger_confidence(ridge: _Ridge, temperature: float, outside: int) -> Floats:
    """Return how sure the model is of messages whose intent it has never seen; it should not be."""
    groups = min(_FOLDS, ridge.targets.shape[1])
    found = []
    for group in range(groups):
        away = (ridge.labels % groups == group) & (ridge.labels != outside)
        if not away.any() or len(np.unique(ridge.labels[~away])) < 2:
            continue
        shares = _softmax(ridge.held_out(np.flatnonzero(away)) / temperature)
        found.append(np.where(shares.argmax(axis=1) == outside, 0.0, shares.max(axis=1)))
    return np.concatenate(found) if found else np.empty(0)


def _threshold(confidence: Floats, right: Any) -> float:
    """Return the lowest confidence from which enough answers are right; 0.6 if there is none, or with two intents."""
    for threshold in np.arange(0.20, 0.96, 0.01).round(2):
        answered = confidence >= threshold
        if answered.sum() >= 20 and right[answered].mean() >= _WANTED:
            return float(threshold)
    return 0.6


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=float)


def _log_loss(logits: Floats, labels: Any) -> float:
    return float(-np.log(np.clip(_softmax(logits)[np.arange(len(labels)), labels], 1e-12, 1)).mean())
