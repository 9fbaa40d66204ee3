"""The initials of a name in pinyin, as clerks type them into a search."""

import unicodedata
from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg.mmseg import seg as segmenter

LENGTH = 60  # characters kept


def initials(name: str) -> str:
    """Return the pinyin initials of a name in lower case.

    A word decides how its characters are read (重庆 cq, 重量 zl). Few names have such
    a word: the others are read character by character, which gives the same ten times
    as fast, and an import has names by the thousand.
    """
    characters, pairs = _doubtful()
    if not characters.isdisjoint(name) and not pairs.isdisjoint(
        map(str.__add__, name, name[1:])
    ):
        letters = "".join(map(_initials_of_word, segmenter.cut(name)))
    else:
        letters = "".join(map(_initial, name))
    return letters.lower().replace(" ", "")[:LENGTH]


@lru_cache(maxsize=30_000)
def _initial(character: str) -> str:
    return "".join(lazy_pinyin(character, style=Style.FIRST_LETTER))


@lru_cache(maxsize=50_000)
def _initials_of_word(word: str) -> str:
    return "".join(lazy_pinyin(word, style=Style.FIRST_LETTER))


@cache
def _doubtful() -> tuple[frozenset[str], frozenset[str]]:
    """Return characters that begin with another letter in some word than alone.

    With them come the pairs of characters that such a word is known by.
    """
    letter = cache(lambda sound: unicodedata.normalize("NFD", sound)[:1])
    characters: set[str] = set()
    pairs: set[str] = set()
    for word, readings in PHRASES_DICT.items():
        for place, (character, reading) in enumerate(zip(word, readings, strict=False)):
            if letter(reading[0]) != _initial(character):
                characters.add(character)
                pairs.update(
                    word[first : first + 2]
                    for first in (place - 1, place)
                    if first >= 0 and first + 2 <= len(word)
                )
    return frozenset(characters), frozenset(pairs)
