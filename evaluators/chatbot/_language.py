"""Whether a message is in another language than English: the bot's lists and examples know no other."""

import re
import unicodedata

_MOST = 2_000  # letters that are looked at
_WORD = re.compile(r"[^\W_]+")
# The commonest words of languages that are often written at work, without those that are English words, too.
_OTHER = frozenset(
    re.findall(
        r"\S+",
        """
ich nicht ist und mein meine meinen meiner mehr wie wo wann habe haben bin bist sind wir ihr sie mir mich dich ein eine
einen der das auf mit von zu für kein keine bitte danke warum wird wurde kann auch aber noch schon heute hallo
je ne suis pas mes les des du est une où et avec pour vous nous ça merci bonjour quand comment veux
ai peux mais très elle
yo mis los las está estoy dónde donde cómo como cuándo qué que por para una un muy quiero puedo tengo hola
gracias ya murió soy hay
io mio mia sono dove quando perché non più voglio posso ciao grazie è della del ho
eu meu minha não onde estou quero obrigado obrigada olá você com uma da
nie jest gdzie mój moja moje czy jak się chcę mam dzień dobry proszę dziękuję już
ik niet mijn waar het een hoe heb wil meer graag bedankt
nu este unde mea sunt vreau nerede benim değil istiyorum bir ve
""",
    )
)
# Common there, and at times in English: these count only beside one of the others.
_WEAK = frozenset(["mi", "la", "le", "ma", "es", "el", "il", "con", "mon", "do", "come", "no", "plus"])
_ENGLISH = frozenset(
    re.findall(
        r"\S+",
        """
the a an i my me you your he she it we they is are was were am be been do does did have has had can could will would
shall should may must not no yes and or but if so to of in on at for from with by about this that there what where when
how why who please thanks thank hello hi need want get got go going his her our their out up all any some
""",
    )
)


def reads_as_other_language(text: str) -> bool:
    """Tell whether a message is hardly in English, by other alphabets and by the commonest words.

    Parameters
    ----------
    text : str
        A message as typed. Single words, names and numbers are taken for English.

    Examples
    --------
    >>> reads_as_other_language("Meine Mutter ist gestorben"), reads_as_other_language("My mother died")
    (True, False)
    """
    text = unicodedata.normalize("NFKC", text[:_MOST])
    letters = [letter for letter in text if letter.isalpha()]
    if letters and sum(letter > "\u024f" for letter in letters) > 0.5 * len(letters):
        return True
    words = _WORD.findall(text.casefold())
    strong = sum(word in _OTHER for word in words)
    other = strong + sum(word in _WEAK for word in words)
    return strong >= 1 and other >= 2 and other > sum(word in _ENGLISH for word in words)
