from uuid import uuid4

import pytest
from kombu.exceptions import OperationalError

from gridinspect.jobs.models import Job
from gridinspect.jobs.services import Claim, ring
from tests.factories import make_user


@pytest.mark.django_db
def test_a_finished_job_is_done_to_the_last_step_and_says_no_step():
    job = Job.objects.create(
        kind="report.make",
        title="人员配备情况报告",
        owner=make_user(),
        path="/410100/",
        state=Job.State.RUNNING,
        token=uuid4(),
    )
    claim = Claim(job)
    claim.progress(2, 3, "正在存档")
    with claim.finishing() as result:
        result["text"] = "已生成。"
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.DONE, 3, 3)
    assert job.message == ""
    assert [line for _, line in job.log] == ["正在存档"]


@pytest.mark.parametrize("error", [ConnectionRefusedError, OperationalError])
def test_a_broker_that_does_not_answer_is_no_fault_of_the_act(monkeypatch, error):
    """The job is a row already; it is rung for again."""
    from gridinspect.jobs import tasks

    def refuse(**kwargs):
        raise error("no broker")

    monkeypatch.setattr(tasks.run_job, "delay", refuse)
    ring(1)
