"""Early warnings of the demonstration: judged on two days, some looked into."""

import random
from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from gridinspect.accounts.models import User
from grids.models import Grid, Task
from reports.warnings.models import Answer, EarlyWarning
from reports.warnings.services.judging import refresh_warnings

SEED = 4111
EARLIER = 45  # days ago that warnings were judged before
LOOKED_INTO = 12  # warnings of a district that somebody answered
FOUND = {
    Answer.Outcome.CONFIRMED: "到单位核实，情况属实，已要求限期整改。",
    Answer.Outcome.SOLVED: "核实属实，单位当场补发并提交了凭证。",
    Answer.Outcome.UNFOUNDED: "核对台账和银行回单，登记有误，不属实。",
}


def build_warnings(*, today: date) -> int:
    """Judge every district twice and answer a few; return how many warnings stand."""
    by = User.objects.system()
    dice = random.Random(SEED)
    stand = 0
    for district in Grid.objects.roots().select_related("city"):
        refresh_warnings(district=district, on=today - timedelta(days=EARLIER), by=by)
        stand += refresh_warnings(district=district, on=today, by=by).stand
        rows = EarlyWarning.objects.filter(district=district).standing()
        _answer(rows.filter(rank__gte=2).order_by("pk")[:LOOKED_INTO], today, by, dice)
    return stand


def _answer(
    rows: Iterable[EarlyWarning], today: date, by: User, dice: random.Random
) -> None:
    looked = list(rows)
    for row in looked:
        row.answered_rank = row.rank
    outcomes = [dice.choice(list(FOUND)) for _ in looked]
    Answer.objects.bulk_create(
        Answer(
            warning=row,
            outcome=outcome,
            text=FOUND[outcome],
            on=today,
            rank=row.rank,
            recorded_by=by,
        )
        for row, outcome in zip(looked, outcomes, strict=True)
    )
    EarlyWarning.objects.bulk_update(looked, ["answered_rank"])
    Task.objects.filter(pk__in=[row.task_id for row in looked]).update(
        state=Task.State.DONE,
        result="已到单位核实，结果见预警。",
        finished_at=timezone.now(),
        finished_by=by,
    )
