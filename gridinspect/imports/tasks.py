"""The background part of imports: handlers of jobs, and the hourly clean-up."""

from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from gridinspect.imports import kept, reading, returning, services, undoing
from gridinspect.imports.models import ImportBatch
from gridinspect.imports.telling import telling
from gridinspect.jobs.services import Cancelled, Claim, Refused, handler


@handler("import.check")
def check(job: Claim) -> None:
    """Check an uploaded workbook and keep its preview."""
    batch = ImportBatch.objects.select_related("owner").get(pk=job.params["batch"])
    if batch.state != ImportBatch.State.CHECKING:
        with job.finishing(url=batch.get_absolute_url()):
            return
    try:
        with telling(job) as progress:
            services.check_batch(
                batch,
                progress=progress,
                finishing=lambda: job.finishing(url=batch.get_absolute_url()),
            )
    except Cancelled:
        services.mark_failed(batch, "检查已取消，没有写入任何数据。")
        raise


@handler("import.apply")
def apply(job: Claim) -> None:
    """Write a confirmed batch: all of it in one transaction with the job's end."""
    batch = ImportBatch.objects.select_related("owner").get(pk=job.params["batch"])
    job.progress(0, batch.counts.get("data_rows", 0), "正在写入，请稍候。")
    try:
        with telling(job) as progress:
            services.apply_batch(
                batch=batch,
                mode=job.params["mode"],
                by=job.owner,
                progress=progress,
                finishing=lambda: job.finishing(
                    url=batch.get_absolute_url(), counts=batch.counts
                ),
            )
    except services.PreviewOutdated as fault:
        services.check_again(batch, message=str(fault))
        raise Refused(str(fault)) from None
    except services.ImportRefused as fault:
        raise Refused(str(fault)) from None
    except Cancelled:
        ImportBatch.objects.filter(
            pk=batch.pk, state=ImportBatch.State.APPLYING
        ).update(
            state=ImportBatch.State.READY, message="导入已取消，没有写入任何数据。"
        )
        raise


@handler("import.return")
def send_back(job: Claim) -> None:
    """Mark the faults in a long workbook, for the person to fetch."""
    batch = ImportBatch.objects.get(pk=job.params["batch"])
    if not returning.has_return(batch):
        raise Refused("上传的文件已按期删除，请重新上传后再下载。")
    with telling(job) as progress:
        progress(0, 0, "正在标注工作簿。")
        try:
            returning.make_returned(batch)
        except reading.UnreadableFile as fault:
            raise Refused(str(fault)) from None
        with job.finishing(url=reverse("imports:returned", args=[batch.pk])):
            pass


@handler("import.undo")
def undo(job: Claim) -> None:
    """Take a batch back in one transaction with the job's end."""
    batch = ImportBatch.objects.select_related("owner").get(pk=job.params["batch"])
    try:
        with telling(job) as progress:
            progress(0, 0, f"正在撤销 {batch.counts.get('data_rows', 0):,} 行。")
            undoing.undo_batch(
                batch=batch,
                by=job.owner,
                finishing=lambda: job.finishing(url=batch.get_absolute_url()),
            )
    except (services.ImportRefused, Cancelled) as fault:
        _stands(batch, str(fault) if isinstance(fault, ValueError) else "撤销已取消。")
        if isinstance(fault, Cancelled):
            raise
        raise Refused(str(fault)) from None


def _stands(batch: ImportBatch, message: str) -> None:
    """Note that a batch was not undone: it stands as it was."""
    ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.UNDOING).update(
        state=ImportBatch.State.APPLIED, message=message[:500]
    )


@shared_task
def purge_abandoned(**_: object) -> None:
    """Delete the files of imports that are over or abandoned (hourly, by beat).

    With them go the rows kept beside them, and what killed workers left behind.
    """
    now = timezone.now()
    services.purge_files(now=now)
    reading.sweep(older_than=(now - services.KEPT).timestamp())
    kept.sweep(Path(settings.MEDIA_ROOT) / "imports")
