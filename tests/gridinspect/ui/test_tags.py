from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import Context, Template


def drawn(text, **context):
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(853, 1000, "85.3%"), (1, 3, "33.3%"), (0, 5, "0.0%"), (5, 5, "100.0%")],
)
def test_a_rate_is_a_share_in_percent(numerator, denominator, text):
    assert drawn("{% rate n d %}", n=numerator, d=denominator) == text


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 0), (None, 5), (5, None)])
def test_without_a_denominator_there_is_no_rate(numerator, denominator):
    text = drawn("{% rate n d %}", n=numerator, d=denominator)
    assert "—" in text
    assert "%" not in text


def test_dates_are_written_for_tables_and_for_documents():
    day = date(2010, 7, 26)
    assert drawn("{{ d|ymd }} {{ d|cn_date }}", d=day) == "2010-07-26 2010年7月26日"
    assert drawn("{{ d|ymd }}{{ d|cn_date }}", d=None) == "——"


def test_instants_are_written_in_the_offices_time():
    late = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    assert drawn("{{ t|ymd_hm }}", t=late) == "2026-03-02 01:30"
    assert drawn("{{ t|ymd }}", t=late) == "2026-03-02"
    assert drawn("{{ t|ymd_hm }}", t=late.isoformat()) == "2026-03-02 01:30"


def test_thousands_are_grouped():
    assert drawn("{{ n|thousands }}", n=1234567) == "1,234,567"
    assert drawn("{{ n|thousands }}", n=None) == "—"


def test_a_badge_says_its_word_and_escapes_it():
    text = drawn('{% badge word "warning" %}', word="<逾期>")
    assert "&lt;逾期&gt;" in text
    assert "gi-badge-warning" in text


def test_an_unknown_kind_of_badge_is_plain():
    assert "gi-badge-plain" in drawn('{% badge "状态" \'x" onclick="\' %}')


def test_numbers_of_persons_are_masked():
    text = drawn("{% mask_id i %} {% mask_phone p %}", i="410103198506150012", p="")
    assert text == "410103********0012 —"


def test_icons_are_skipped_when_read_aloud():
    assert 'aria-hidden="true"' in drawn('{% icon "search" %}')


def test_a_field_shows_its_error_and_is_tied_to_it():
    class OneField(forms.Form):
        name = forms.CharField(label="名称", help_text="与执照一致。")

    text = drawn("{% field form.name %}", form=OneField({}))
    assert 'aria-invalid="true"' in text
    assert 'aria-describedby="id_name_helptext id_name_error"' in text
    assert 'id="id_name_error"' in text
    assert 'id="id_name_helptext"' in text
    assert "is-invalid" in text
