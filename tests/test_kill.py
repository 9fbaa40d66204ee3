"""A worker that is killed in the middle of an import leaves nothing half done."""

import os
import random
import signal
import subprocess
import sys
import time
from io import BytesIO
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections
from openpyxl import Workbook

from enterprises.models import Enterprise, Placement
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports import services as imports
from gridinspect.imports.models import ImportBatch
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from tests.factories import make_city, make_district, make_grid, make_user
from tests.worker import LEASE

ROWS = 30
KILLS = int(os.environ.get("KILLS", "10"))  # 50 before a release: three minutes
HEADERS = ["单位名称", "地址", "人数", "街道", "社区"]


def roster(word=""):
    book = Workbook()
    book.active.append(HEADERS)
    for number in range(ROWS):
        place = ["淮河路街道", "绿云社区"]
        book.active.append(
            [f"郑州测试{word}{number}号商行", f"{number}号", number + 1, *place]
        )
    file = BytesIO()
    book.save(file)
    return BytesIO(file.getvalue())


@pytest.fixture
def batch(transactional_db, monkeypatch):
    """An import that nobody has worked on yet; a bell rings for nobody."""
    monkeypatch.setattr(jobs, "ring", lambda job_id: None)
    district = make_district("二七区", city=make_city(), code="410103")
    make_grid("绿云社区", parent=make_grid("淮河路街道", parent=district))
    by = make_user(grid=district, role=Role.DISTRICT_BUREAU)
    batch = imports.keep_file(
        kind="enterprises",
        file=roster(),
        name="名册.xlsx",
        place=district,
        district_code=district.code,
        by=by,
    )
    imports.start_check(batch=batch, by=by)
    return batch


def kill_worker_after(job, module, function):
    """Let a process do a job, and kill it once the function has done its part."""
    database = connection.settings_dict
    host = quote(database["HOST"], safe="")
    user = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    url = f"postgres://{user}@{host}:{database['PORT'] or 5432}/{database['NAME']}"
    if database["HOST"].startswith("/"):
        url = f"postgres://{user}@/{database['NAME']}?host={database['HOST']}"
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.worker", str(job.pk), module, function],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url, "VAR_DIR": str(settings.VAR_DIR)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout.readline() == "here\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()


def take_up_what_was_forgotten(job):
    """Do what the bell-ringer of every ten seconds does, until a worker hears it."""
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    deadline = time.monotonic() + 30
    while not Job.objects.get(pk=job.pk).is_over:
        assert time.monotonic() < deadline, "nobody took the job up within 30 s"
        jobs.run(job.pk)
        time.sleep(0.1)
    job.refresh_from_db()


def test_a_job_in_living_hands_is_not_taken_up(batch):
    job = batch.job or Job.objects.get()
    Job.objects.claim(job.pk, now=job.created_at)
    Job.objects.filter(pk=job.pk).update(lease_until="2999-01-01T00:00:00Z")
    assert jobs.ring_for_the_forgotten() == 0
    jobs.run(job.pk)
    assert Job.objects.get(pk=job.pk).state == Job.State.RUNNING


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("gridinspect.imports.examination", "recognise"),
        ("gridinspect.imports.examination", "write_rows"),
        ("gridinspect.imports.services", "copy_rows"),
        ("gridinspect.imports.examination", "beside"),  # the rows about to be kept
    ],
)
def test_a_check_killed_halfway_is_done_again_from_the_start(module, function, batch):
    job = Job.objects.get()
    kill_worker_after(job, module, function)

    take_up_what_was_forgotten(job)

    batch.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)
    assert batch.state == ImportBatch.State.READY
    assert batch.rows.count() == ROWS  # none twice


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("gridinspect.imports.services", "lock_place"),
        ("enterprises.resources", "insert_rows"),
        ("gridinspect.imports.traces", "keep"),
        ("gridinspect.imports.services", "record"),
    ],
)
def test_an_import_killed_before_its_last_write_is_written_once(
    module, function, batch
):
    jobs.run(Job.objects.get().pk)
    batch.refresh_from_db()
    job = imports.confirm(
        batch=batch, mode="all", digest=batch.preview_digest, by=batch.owner
    )
    started = time.monotonic()
    kill_worker_after(job, module, function)
    assert not Enterprise.objects.exists()

    take_up_what_was_forgotten(job)

    assert time.monotonic() - started < 30 + LEASE
    batch.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)
    assert batch.state == ImportBatch.State.APPLIED
    assert Enterprise.objects.count() == ROWS
    assert Event.objects.filter(verb="import.applied").count() == 1


def test_an_import_killed_at_any_moment_is_written_once(batch):
    """Kill the worker again and again, each time at another moment of its work."""
    dice = random.Random(11)
    jobs.run(batch.job_id or Job.objects.get().pk)
    batch.refresh_from_db()
    took = time.monotonic()
    jobs.run(confirmed(batch).pk)
    took = time.monotonic() - took
    stopped = 0
    for number in range(1, KILLS + 1):
        batch = another(batch, number)
        if number % 5 == 0:  # now and then during the check
            check = imports.start_check(batch=batch, by=batch.owner)
            stopped += kill_after(check, dice.random() * took)
            finish(check)
        else:
            imports.check_batch(batch)
        batch.refresh_from_db()
        assert (batch.state, batch.rows.count()) == ("ready", ROWS)
        job = confirmed(batch)
        stopped += kill_after(job, dice.random() * took)
        finish(job)
        assert Enterprise.objects.count() == ROWS * (number + 1)
        assert Placement.objects.count() == ROWS * (number + 1)
        assert Event.objects.filter(verb="import.applied").count() == number + 1
    assert stopped > KILLS / 3  # the others had finished already


def another(batch, number):
    """Upload other units into the same district."""
    return imports.keep_file(
        kind="enterprises",
        file=roster(f"第{number}批"),
        name="名册.xlsx",
        place=batch.owner.person.postings.get().grid,
        district_code=batch.district_code,
        by=batch.owner,
    )


def confirmed(batch):
    return imports.confirm(
        batch=batch, mode="all", digest=batch.preview_digest, by=batch.owner
    )


def kill_after(job, seconds):
    """Let a process do a job and kill it; tell whether it was still at work."""
    connections.close_all()
    worker = os.fork()
    if not worker:
        # A browser in the parent keeps Django's connections elsewhere (its loop runs in
        # that process only): what is found here may be the parent's own, still open.
        for inherited in connections.all(initialized_only=True):
            inherited.connection = None
        try:
            jobs.run(job.pk)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    return os.WIFSIGNALED(status)


def finish(job):
    """Take a job up as if its lease had run out."""
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
        lease_until="2000-01-01T00:00:00Z"
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message


def test_a_job_that_kills_three_workers_is_given_up(batch):
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, attempts=3, lease_until="2000-01-01T00:00:00Z"
    )
    jobs.ring_for_the_forgotten()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "3" in job.message
