"""How long scoring the tone of replies takes: rules and word model, beside a TF-IDF model of scikit-learn.

The replies are put together from sentences of our own, about 40 words each. Printed are CPU seconds for 1,000 replies,
the least of some rounds, and the size of the model files. The TF-IDF model only weighs words: no cues, places or gate.

    python benchmarks/tone.py
    python benchmarks/tone.py --replies 5000 --rounds 5

Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

_SAID = "My pay is wrong for the third time and I'm really worried about rent."
_PARTS = (
    ("I'm so sorry about that.", "Thank you for telling me.", "That sounds really frustrating.", "Noted.", "Hello."),
    ("It makes sense that you are worried about rent.", "You should read the handbook.", "I can see that it is wrong."),
    ("I will call payroll today and write to you by Friday.", "The next run is in two weeks.", "Please send the form."),
    ("You can choose to be called or to get an e-mail.", "At least you have a job.", "A colleague can call you today."),
    ("What would help you most right now?", "Is there anything else?", "Could you tell me which month it was?"),
    ("Only your manager can see this chat.", "I'm a bot, and I cannot decide it myself.", "Take care of yourself."),
)


def made_up(count: int) -> list[str]:
    """Return replies that differ."""
    found = [" ".join(parts) for parts in islice(product(*_PARTS), count)]
    return [f"{found[number % len(found)]} It is request {number}." for number in range(count)]


def cpu_seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=1000, help="how many replies to score in a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the least counts")
    chosen = parser.parse_args()

    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    from evaluators.tone import score_reply

    replies = made_up(chosen.replies)
    words = sum(len(reply.split()) for reply in replies) / len(replies)
    score_reply(replies[0])
    other = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), Ridge())
    other.fit(replies, [len(reply) for reply in replies])
    print(f"{len(replies):,} replies of {words:.0f} words; CPU seconds for 1,000, least of {chosen.rounds} rounds")
    works: list[tuple[str, Callable[[], object]]] = [
        ("rules and word model", lambda: [score_reply(reply, said=_SAID) for reply in replies]),
        ("rules alone", lambda: [score_reply(reply, said=_SAID, models=()) for reply in replies]),
        ("TF-IDF, one by one", lambda: [other.predict([reply]) for reply in replies]),
    ]
    for name, work in works:
        print(f"{name:<22}{cpu_seconds(work, chosen.rounds) * 1000 / len(replies):>8.2f}")
    files = sorted((ROOT / "evaluators" / "tone").glob("*_model.json"))
    print(f"model files: {sum(file.stat().st_size for file in files) / 1e3:,.0f} kB in {len(files)}")


if __name__ == "__main__":
    main()
