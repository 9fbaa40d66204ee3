"""Two people import one roster at the same time, each with a connection of his own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from threading import Barrier

import pytest
from django.db import connections

from assistants.models import StaffFile
from gridinspect.accounts.models import User
from gridinspect.audit.models import Event
from gridinspect.imports import services, undoing
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from grids.models import Posting
from tests.factories import make_city, make_district
from tests.gridinspect.imports.messy import HEAD, book, citizen


@pytest.mark.parametrize("people", [2, 5])
@pytest.mark.django_db(transaction=True)
def test_one_roster_imported_by_several_at_once_makes_one_set_of_rows(people):
    district = make_district("二七区", city=make_city(), code="410103")
    rows = [HEAD, *([f"张{'甲乙丙丁'[n % 4]}", citizen(n)] for n in range(1, 60))]
    batches = [ready(book(rows), district) for _ in range(people)]
    together = Barrier(people)

    def write(batch):
        together.wait()
        try:
            services.apply_batch(batch=batch, mode="all", by=batch.owner)
        except services.PreviewOutdated:
            return services.check_again(batch, message="数据有变化。").counts
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(people) as pool:
        seen = list(pool.map(write, batches))
    others = [counts for counts in seen if counts]
    assert len(others) == people - 1
    for counts in others:
        assert (counts["same"], counts["new"], counts["changed"]) == (59, 0, 0)
    assert StaffFile.objects.count() == Posting.objects.count() == 59


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment_queues_one_job(monkeypatch):
    monkeypatch.setattr(jobs, "ring", lambda job_id: None)  # nobody does it meanwhile
    district = make_district("二七区", city=make_city(), code="410103")
    batch = ready(book([HEAD, ["张甲", citizen(1)]]), district)
    together = Barrier(2)

    def click(_):
        together.wait()
        try:
            return services.confirm(
                batch=batch, mode="all", digest=batch.preview_digest, by=batch.owner
            ).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        queued = set(pool.map(click, range(2)))
    assert len(queued) == 1
    assert Job.objects.filter(kind="import.apply").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_taken_back_once_by_two_at_once():
    district = make_district("二七区", city=make_city(), code="410103")
    batch = ready(book([HEAD, ["张甲", citizen(1)]]), district)
    services.apply_batch(batch=batch, mode="all", by=batch.owner)
    together = Barrier(2)

    def undo(_):
        together.wait()
        try:
            undoing.undo_batch(batch=batch, by=batch.owner)
        except services.ImportRefused as fault:
            return str(fault)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(undo, range(2)))
    assert said == ["", "这一批已撤销，不能撤销。"]
    assert not StaffFile.objects.exists()
    assert Event.objects.filter(verb="import.undone").count() == 1


def ready(content, district):
    batch = services.keep_file(
        kind="staff",
        file=BytesIO(content),
        name="名册.xlsx",
        place=district,
        district_code=district.code,
        by=User.objects.system(),
        as_of=date(2026, 3, 2),
    )
    return services.check_batch(batch)
