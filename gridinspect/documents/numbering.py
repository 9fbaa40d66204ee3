"""Document numbers (文号): X人社监令字〔2026〕第12号 (domain.md 2.7).

A series runs per agency, kind of paper and year, from 1, without leading zeros and
without gaps. A number is taken when the paper is issued, never for a draft, and is
never given out twice.
"""

from datetime import date

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.documents.models import IssuedNumber, NumberSeries


class AlreadyVoided(Exception):
    """The number was voided before."""


def format_number(*, agency: str, word: str, year: int, n: int) -> str:
    """Return the number as it stands on paper; the brackets are U+3014 and U+3015."""
    return f"{agency}人社监{word}字〔{year}〕第{n}号"


def next_number(
    *, agency: str, word: str, on: date, by: User, path: str
) -> IssuedNumber:
    """Take the next number for a paper that is issued now; `str()` of it is the 文号.

    Call it inside the transaction that issues the paper: that act is what the audit
    trail records, and if it fails the number was never issued. Others who want a number
    of the same series wait until then, so keep what follows short.
    """
    NumberSeries.objects.get_or_create(agency=agency, word=word, year=on.year)
    series = NumberSeries.objects.select_for_update().get(
        agency=agency, word=word, year=on.year
    )
    series.last += 1
    series.save(update_fields=["last"])
    return IssuedNumber.objects.create(
        series=series, n=series.last, issued_by=by, path=path
    )


@transaction.atomic
def void_number(
    *, number: IssuedNumber, by: User, on: date, reason: str
) -> IssuedNumber:
    """Void an issued number: it stays in its series and is not given out again.

    Raises `AlreadyVoided`, and ValueError without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise ValueError("作废文号须写明原因。")
    number = IssuedNumber.objects.select_for_update(of=["self"]).get(pk=number.pk)
    if number.voided_on:
        raise AlreadyVoided(f"{number}已于 {number.voided_on} 作废。")
    number.voided_on, number.voided_by, number.void_reason = on, by, reason
    number.save(update_fields=["voided_on", "voided_by", "void_reason"])
    record("number.voided", by=by, target=number, reason=reason)
    return number
