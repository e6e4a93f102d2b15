"""Made-up names for the boards of a course: nobody without the course's secret can tell whose a name is.

A name is drawn by HMAC (RFC 2104) from a random secret of the course, the lab and the learner's id. Another lab draws
another name, so that nobody can be followed from board to board.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import writing_to

# Words that say nothing about a place on a board, and name no group of people. None is a colour, an age or a gift.
FIRST = (
    "Quiet", "Calm", "Merry", "Gentle", "Patient", "Curious", "Cheerful", "Steady", "Sunny", "Kind", "Careful",
    "Lively", "Thoughtful", "Eager", "Warm", "Breezy", "Cosy", "Earnest", "Faithful", "Friendly", "Generous", "Glad",
    "Gleaming", "Graceful", "Happy", "Helpful", "Hopeful", "Jaunty", "Jolly", "Joyful", "Loyal", "Mellow", "Musing",
    "Neat", "Peaceful", "Playful", "Polite", "Ready", "Rested", "Shining", "Sincere", "Singing", "Sparkling", "Sturdy",
    "Tidy", "Tranquil", "Trusty", "Upbeat", "Vivid", "Wakeful", "Watchful", "Whistling", "Zesty", "Dancing", "Smiling",
    "Humming", "Snug", "Airy", "Dewy", "Frosty", "Glowing", "Misty", "Mossy", "Starry",
)  # fmt: skip
SECOND = (
    "Otter", "Badger", "Heron", "Puffin", "Hedgehog", "Squirrel", "Dormouse", "Kingfisher", "Lapwing", "Curlew",
    "Plover", "Sandpiper", "Avocet", "Nuthatch", "Goldcrest", "Wagtail", "Skylark", "Chaffinch", "Siskin", "Waxwing",
    "Osprey", "Kestrel", "Owl", "Tern", "Fulmar", "Guillemot", "Kittiwake", "Cormorant", "Grebe", "Moorhen", "Eider",
    "Pintail", "Bumblebee", "Dragonfly", "Ladybird", "Firefly", "Cricket", "Butterfly", "Newt", "Salamander", "Dolphin",
    "Porpoise", "Seal", "Narwhal", "Seahorse", "Starfish", "Octopus", "Nautilus", "Lynx", "Marmot", "Chamois", "Ibex",
    "Alpaca", "Wombat", "Quokka", "Platypus", "Gecko", "Okapi", "Gazelle", "Reindeer", "Hare", "Crane", "Stork",
    "Hoopoe",
)  # fmt: skip
_SECRET = re.compile(rb"[0-9a-f]{64}\n?")


def pseudonyms(learners: Iterable[str], *, lab: str, secret: bytes, avoid: Iterable[str] = ()) -> dict[str, str]:
    """Draw a name for each learner, no name twice.

    Parameters
    ----------
    learners : iterable of str
        Learner ids: everybody in the course, whoever stands on the board, so that a name tells nothing about who else
        does. Their order does not matter.
    lab : str
        The lab.
    secret : bytes
        The course's secret (`course_secret`).
    avoid : iterable of str
        Ids and names of real people. A word of theirs is in nobody's made-up name: "Calm Heron" would be read as
        Ms Heron.

    Returns
    -------
    dict of str to str
        Learner id -> name, such as "Quiet Otter"; sorted by id. With more learners than names, "Quiet Otter 2".

    Notes
    -----
    The 256 bits of the HMAC choose one of 4096 names; where it is taken, the next free one. Who chooses first is
    decided by the HMAC too. So a learner who joins the course later changes somebody's name only where both drew the
    same one, or where the newcomer's own name has a word of it.

    References
    ----------
    .. [1] H. Krawczyk, M. Bellare, R. Canetti, "HMAC: Keyed-Hashing for Message Authentication", RFC 2104, 1997.

    Examples
    --------
    >>> names = pseudonyms(["ada", "ben"], lab="audit", secret=b"only for this example")
    >>> len(set(names.values())), names == pseudonyms(["ben", "ada"], lab="audit", secret=b"only for this example")
    (2, True)
    """
    taboo = {word for text in avoid for word in _words(text)}
    every = [f"{first} {second}" for first in FIRST for second in SECOND]
    allowed = [not taboo & {*_words(name)} for name in every]
    if not any(allowed):
        allowed = [True] * len(every)  # a roster that names every animal
    drawn = sorted((_digest(secret, lab, learner), learner) for learner in set(learners))
    free, turn = allowed.copy(), 1
    found = {}
    for digest, learner in drawn:
        if not any(free):
            free, turn = allowed.copy(), turn + 1
        index = int.from_bytes(digest, "big") % len(every)
        while not free[index]:
            index = (index + 1) % len(every)
        free[index] = False
        found[learner] = every[index] if turn == 1 else f"{every[index]} {turn}"
    return dict(sorted(found.items()))


def _digest(secret: bytes, lab: str, learner: str) -> bytes:
    message = json.dumps(["board", lab, learner]).encode()  # a list: no two pairs of lab and learner read the same
    return hmac.new(secret, message, hashlib.sha256).digest()


def _words(text: str) -> list[str]:
    """Return the words of a name or an id, without case and accents."""
    letters = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return re.findall(r"[^\W\d_]+", letters.casefold())


def course_secret(path: Path) -> bytes:
    """Return the secret that names are drawn with; it is made once, at the first call.

    Parameters
    ----------
    path : Path
        Its file, which nobody but its owner may read (mode 600). Delete it, and every board draws new names.

    Returns
    -------
    bytes
        256 random bits, as 64 hexadecimal digits.

    Raises
    ------
    CourseError
        If the file is damaged, or cannot be read or written.
    """
    with writing_to(path):
        try:
            content = _private_contents(path)
        except FileNotFoundError:
            _make_secret(path)
            content = _private_contents(path)
    if not _SECRET.fullmatch(content):
        raise CourseError(
            f"{path} is damaged: it should hold 64 hexadecimal digits.",
            "Put a copy of the file back, or delete it: then every board draws new names.",
        )
    return content.strip()


def _private_contents(path: Path) -> bytes:
    content = path.read_bytes()
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:  # such as after a restored copy
        path.chmod(0o600)
    return content


def _make_secret(path: Path) -> None:
    """Write a new secret whole or not at all; of two programs that do so at once, one wins and both use its secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(f"{secrets.token_hex(32)}\n".encode())
        try:
            os.link(temporary, path)  # unlike a rename, never replaces what another program has just put there
        except FileExistsError:
            pass
        except OSError:  # a drive without hard links
            if not path.exists():
                temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
