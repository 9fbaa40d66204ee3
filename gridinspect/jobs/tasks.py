from celery import shared_task

from gridinspect.jobs import services


@shared_task
def run_job(*, job_id: int, **_: object) -> None:
    """Do one job. Delivered twice, it is done once."""
    services.run(job_id)


@shared_task
def ring_again(**_: object) -> None:
    """Ring for what a dead worker or a lost bell left behind (every ten seconds)."""
    services.ring_for_the_forgotten()
