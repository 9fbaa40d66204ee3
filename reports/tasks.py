import random
from datetime import date

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.jobs.services import handler
from grids.models import Grid
from reports import services, tallies

logger = get_task_logger(__name__)

handler("report.make")(services.make_report)


@shared_task
def recount_dirty(**_: object) -> None:
    """Count again what changed (every few seconds)."""
    tallies.recount_dirty()


@shared_task
def verify_tallies(**_: object) -> None:
    """Every night: count today anew, and check one kept month's end of each district.

    Today changes without a write (surveys grow stale, postings end), so it is always
    counted. A month's end that no longer fits its rows is an alarm, and is put right.
    """
    tallies.recount_all()
    today = timezone.localdate()
    for district in Grid.objects.roots():
        days = tallies.kept_days(district.opened_on, today)[1:]
        days = [day for day in days if tallies.is_counted(district, day)]
        for day in random.sample(days, min(1, len(days))):
            raise_alarm(district, tallies.drift(district, day), day)


def raise_alarm(district: Grid, lines: list[str], day: date) -> None:
    """Note drift in the trail and in the log, and count the day anew."""
    if not lines:
        return
    logger.error("Tallies of %s drifted on %s: %s", district.code, day, lines[:20])
    with transaction.atomic():
        record(
            "tally.drifted",
            by=User.objects.system(),
            target=district,
            day=day,
            lines=lines[:50],
        )
        tallies.recount(district, day)
