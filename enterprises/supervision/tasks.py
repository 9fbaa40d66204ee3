"""The background part of supervision: judging key units, grading a district."""

from celery import shared_task
from django.utils import timezone

from enterprises.supervision.services import keys
from gridinspect.accounts.models import User
from grids.models import Grid


@shared_task
def refresh_moved(**_: object) -> None:
    """Judge the units again whose facts have changed (every half minute)."""
    keys.refresh_moved(by=User.objects.system())


@shared_task
def refresh_key_units(**_: object) -> None:
    """Judge every unit of every district (each night): time alone moves grounds."""
    today, system = timezone.localdate(), User.objects.system()
    for district in Grid.objects.roots().select_related("city"):
        keys.refresh_key_units(district=district, on=today, by=system)
