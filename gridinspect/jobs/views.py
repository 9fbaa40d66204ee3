from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from gridinspect.htmx import render_page
from gridinspect.jobs import services
from gridinspect.jobs.models import Job
from gridinspect.ui.pages import render_list
from gridinspect.ui.tables import Column, build_table

COLUMNS = [
    Column("title", "任务", link=True),
    Column("state", "状态", value="get_state_display", sort="state"),
    Column("progress", "进度", value=lambda job: f"{job.done}/{job.total}"),
    Column("message", "说明"),
    Column("owner", "提交人", sort="owner__username"),
    Column("created_at", "提交时间", sort="created_at"),
    Column("finished_at", "结束时间", sort="finished_at"),
]


def job_list(request):
    """Show 任务: my own jobs and, for administrators, those of their places."""
    jobs = Job.objects.visible_to(request.user).select_related("owner__person")
    table = build_table(request, jobs, COLUMNS, name="jobs", default_sort="-created_at")
    return render_list(
        request,
        title="任务",
        table=table,
        empty="还没有后台任务。导入工作簿或生成报告后，会在这里看到进度。",
    )


def job_detail(request, pk):
    """Show one job; htmx polls the same address for the progress alone."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    return render_page(request, "jobs/detail.html", "jobs/_progress.html", {"job": job})


@require_POST
def job_cancel(request, pk):
    """Ask a job to stop."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    if services.cancel(job, by=request.user):
        messages.success(request, f"已要求取消任务“{job.title}”。")
    else:
        messages.warning(request, f"任务“{job.title}”已经结束，不能再取消。")
    return redirect(job)
