import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PHRASES_DICT

from gridinspect import pinyin
from gridinspect.pinyin import initials

WORDS = sorted(PHRASES_DICT)[::37]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("大学路街道", "dxljd"),
        ("重庆小面馆", "cqxmg"),
        ("重量级健身", "zljjs"),
        ("银行街社区", "yhjsq"),
        ("行云流水", "xyls"),
        ("A座 3号", "az3h"),
        ("", ""),
    ],
)
def test_the_word_decides_how_a_character_is_read(name, letters):
    assert initials(name) == letters


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_the_quick_way_gives_what_words_give(words):
    name = "".join(words)
    by_words = map(pinyin._initials_of_word, pinyin.segmenter.cut(name))
    assert initials(name) == "".join(by_words).lower().replace(" ", "")[:60]
