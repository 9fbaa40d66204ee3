"""Document numbers: in order, never twice, voided ones stay."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from gridinspect.accounts.models import User
from gridinspect.audit.services import history
from gridinspect.documents import numbering
from gridinspect.documents.models import IssuedNumber
from gridinspect.documents.numbering import next_number, void_number

DAY = date(2026, 7, 6)


def issue(by, *, word="令", on=DAY):
    return next_number(agency="二七", word=word, on=on, by=by, path="/410100/1/")


def test_a_number_is_written_with_six_cornered_brackets_and_without_zeros():
    number = numbering.format_number(agency="二七", word="令", year=2026, n=12)
    assert number == "二七人社监令字\u30142026\u3015第12号"


@pytest.mark.django_db
def test_numbers_run_on_from_one_and_begin_again_with_the_kind_and_the_year():
    by = User.objects.system()
    numbers = [
        issue(by),
        issue(by),
        issue(by, word="受"),
        issue(by, on=date(2027, 1, 4)),
    ]
    assert [str(number) for number in numbers] == [
        "二七人社监令字〔2026〕第1号",
        "二七人社监令字〔2026〕第2号",
        "二七人社监受字〔2026〕第1号",
        "二七人社监令字〔2027〕第1号",
    ]


@pytest.mark.django_db
def test_an_issue_that_fails_has_taken_no_number():
    by = User.objects.system()
    issue(by)

    def fail():
        with transaction.atomic():
            issue(by)
            raise RuntimeError("printer")

    with pytest.raises(RuntimeError, match="printer"):
        fail()
    assert issue(by).n == 2


@pytest.mark.django_db
def test_a_voided_number_stays_with_its_reason_and_is_not_given_out_again(bureau):
    number = issue(bureau)
    void_number(number=number, by=bureau, on=DAY, reason=" 打印错误 ")
    number.refresh_from_db()
    assert (number.voided_on, number.void_reason) == (DAY, "打印错误")
    assert issue(bureau).n == 2
    assert history(number).get().verb == "number.voided"
    with pytest.raises(numbering.AlreadyVoided):
        void_number(number=number, by=bureau, on=DAY, reason="又一次")


@pytest.mark.django_db
def test_a_number_is_not_voided_without_a_reason(bureau):
    with pytest.raises(ValueError, match="原因"):
        void_number(number=issue(bureau), by=bureau, on=DAY, reason="  ")


@pytest.mark.django_db
def test_the_database_itself_refuses_a_number_twice():
    number = issue(User.objects.system())
    again = IssuedNumber(
        series=number.series, n=1, path="/", issued_by=number.issued_by
    )
    with pytest.raises(IntegrityError, match="never_reused"), transaction.atomic():
        again.save()


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_only_inside_a_transaction():
    with pytest.raises(TransactionManagementError):
        issue(User.objects.system())


@pytest.mark.django_db(transaction=True)
def test_eight_connections_at_once_get_no_number_twice_and_leave_no_gap():
    by = User.objects.system()

    def work(_):
        try:
            taken = []
            for _ in range(5):
                with transaction.atomic():
                    taken.append(issue(by).n)
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        numbers = [n for taken in pool.map(work, range(8)) for n in taken]
    assert sorted(numbers) == list(range(1, 41))
