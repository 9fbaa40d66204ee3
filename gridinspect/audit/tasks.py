from celery import shared_task

from gridinspect.audit import services


@shared_task
def seal_events(**_: object) -> None:
    """Chain the newest events (every ten minutes, by beat)."""
    services.seal_events()
