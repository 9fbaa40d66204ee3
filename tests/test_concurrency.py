"""What happens at the same moment: confirmations, deliveries, counts.

Several writers of one tree: tests/grids/test_concurrency.py.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.services.files import register_enterprise
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports import services as imports
from gridinspect.imports.models import ImportBatch
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from grids.models import DirtyMark, Grid
from reports import tallies
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_city,
    make_district,
    make_grid,
    make_posting,
    make_survey,
    make_user,
)
from tests.test_kill import ROWS, roster

HANDS = 4


@pytest.fixture
def district(transactional_db):
    district = make_district("二七区", city=make_city(), code="410103")
    make_grid("绿云社区", parent=make_grid("淮河路街道", parent=district))
    return district


def at_once(act, arguments):
    """Call a function with each argument, at the same moment, each on a connection."""
    arguments = list(arguments)
    barrier = Barrier(len(arguments))

    def run(argument):
        try:
            barrier.wait()
            return act(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(run, arguments))


@pytest.fixture
def batch(district, monkeypatch):
    """A checked roster that waits for its confirmation; bells ring for nobody."""
    monkeypatch.setattr(jobs, "ring", lambda job_id: None)
    by = make_user(grid=district, role=Role.DISTRICT_BUREAU)
    batch = imports.keep_file(
        kind="enterprises",
        file=roster(),
        name="名册.xlsx",
        place=district,
        district_code=district.code,
        by=by,
    )
    imports.check_batch(batch)
    return batch


def test_a_confirmation_posted_twice_at_once_writes_once(batch):
    def confirm(client):
        asked = {"mode": "all", "digest": batch.preview_digest}
        return client.post(reverse("imports:confirm", args=[batch.pk]), asked)

    clients = [Client() for _ in range(2)]
    for client in clients:
        client.force_login(batch.owner)
    answers = at_once(confirm, clients)

    assert [answer.status_code for answer in answers] == [302, 302]
    job = Job.objects.get(kind="import.apply")
    at_once(jobs.run, [job.pk] * HANDS)  # and its bell is heard by everybody
    assert Enterprise.objects.count() == ROWS
    assert Event.objects.filter(verb="import.applied").count() == 1
    assert ImportBatch.objects.get(pk=batch.pk).state == ImportBatch.State.APPLIED


def test_figures_settle_while_others_write(district):
    make_adoption(district)
    leaf = Grid.objects.get(kind="community")
    make_posting(grid=leaf)
    users = [make_user(grid=district) for _ in range(HANDS)]
    days = tallies.kept_days(TODAY() - timedelta(days=40), TODAY())
    for day in days:
        tallies.recount(district, day)
    writing = list(users)

    def write(user):
        try:
            for number in range(10):
                with transaction.atomic():
                    unit = register_enterprise(
                        grid=(leaf, leaf.parent)[number % 2],
                        known_since=(LONG_AGO, TODAY())[number % 2],
                        name=f"郑州{user}{number}号商行",
                        by=user,
                    )
                    make_survey(unit, surveyed_on=TODAY())
        finally:
            writing.remove(user)

    def settle(_):
        while writing:
            tallies.settle(district)

    at_once(lambda user: write(user) if user else settle(user), [None, *users])
    tallies.settle(district)

    assert Enterprise.objects.count() == HANDS * 10
    assert not DirtyMark.objects.exists()
    assert [line for day in days for line in tallies.drift(district, day)] == []
