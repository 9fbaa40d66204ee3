"""The background part of supervision: judging key units, grading a district."""

from datetime import date

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from enterprises.supervision.judges import judge_again
from enterprises.supervision.models import GradeRound
from enterprises.supervision.services import grading, keys, notices, publishing
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import Claim, Refused, enqueue, handler
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
        judge_again(district=district, on=today, by=system)
        publishing.find_candidates(district=district, on=today, by=system)


@handler(grading.JOB)
def compute_grades(claim: Claim) -> None:
    """Work a round's proposals out, then write them at once."""
    round_ = (
        GradeRound.objects.select_related("district__city", "policy")
        .filter(pk=claim.params["round"])
        .first()
    )
    if round_ is None:
        raise Refused("评定批次已不存在，没有计算。")
    claim.progress(0, 2, "正在汇集年度事实")
    worked = grading.work_out(round_)
    claim.progress(1, 2, f"正在写入 {len(worked.proposals)} 户的建议等级")
    with claim.finishing() as result:
        counts = grading.write_proposals(round_=round_, worked=worked, by=claim.owner)
        result["url"] = round_.get_absolute_url()
        result["text"] = "，".join(
            f"{grade}级 {count} 户" for grade, count in sorted(counts.items())
        )


NOTICES = "grades.notices"


@transaction.atomic
def notices_later(*, round_: GradeRound, grades: list[str], on: date, by: User) -> Job:
    """Ask for the notices of some grades of a round."""
    return enqueue(
        NOTICES,
        by=by,
        title=f"出具{round_}告知书",
        path=round_.district.path,
        params={"round": round_.pk, "grades": grades, "on": on.isoformat()},
    )


@handler(NOTICES)
def issue_notices(claim: Claim) -> None:
    """Issue the missing notices; begun again it goes on with those still missing."""
    params = claim.params
    if not claim.owner.holds(Permission.SUPERVISION_EDIT):
        raise Refused("您已没有办理等级评价的权限，没有出具告知书。")
    claim.progress(0, 1, "正在出具告知书")
    with claim.finishing() as result:
        count = notices.issue_notices(
            round_pk=params["round"],
            grades=params["grades"],
            on=date.fromisoformat(params["on"]),
            by=claim.owner,
        )
        result["url"] = reverse("supervision:round", args=[params["round"]])
        result["text"] = f"出具告知书 {count} 份"
