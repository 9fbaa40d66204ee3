import json
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from xlsxwriter.exceptions import FileCreateError

from gridinspect.accounts.models import User
from gridinspect.commands import PlainCommand
from gridinspect.imports import services
from gridinspect.imports.examination import COUNTS, plain_value
from gridinspect.imports.models import ImportBatch
from gridinspect.imports.reading import UnreadableFile
from gridinspect.imports.registry import UnknownKind, resource_for
from gridinspect.imports.resource import Row
from gridinspect.imports.returned import write_returned


class Command(PlainCommand):
    help = "Check a workbook row by row and, with --apply, write it."

    def add_arguments(self, parser):
        parser.add_argument("kind", metavar="KIND")
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--as", dest="user", metavar="USER", help="act as this user"
        )
        parser.add_argument("--district", metavar="CODE")
        parser.add_argument("--apply", choices=["all", "valid"])
        parser.add_argument("--opened-on", metavar="DATE", help="of new grids; today")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--returned", metavar="OUT.xlsx", type=_workbook)

    def handle(
        self, *, kind, file, user, district, apply, opened_on, json, returned, **_
    ):
        resource = _resource(kind)
        by = _user(user)
        if not by.holds(resource.permission):
            raise CommandError(f"{by} 的岗位不能导入{resource.title}。", returncode=2)
        path = Path(file)
        if not path.is_file():
            raise CommandError(f"没有文件“{file}”。", returncode=2)
        place = _place(resource, by, district, path)
        rows: list[Row] = []
        with path.open("rb") as stream:
            batch = services.keep_file(
                kind=resource.kind,
                file=stream,
                name=path.name,
                place=place,
                district_code=place.code,
                by=by,
                as_of=_day(opened_on),
            )
        services.check_batch(batch, watch=rows.extend)
        message = batch.message
        if apply and batch.state == ImportBatch.State.READY:
            try:
                batch = services.apply_batch(batch=batch, mode=apply, by=by)
            except services.ImportRefused as fault:
                message = str(fault)
        outcome = _outcome(batch, rows, message)
        if returned and outcome["file_outcome"] == "import":
            _return(batch, rows, returned)
        batch.file.delete(save=False)
        ImportBatch.objects.filter(pk=batch.pk).update(file="")
        self.stdout.write(_as_json(outcome) if json else _as_text(outcome))
        if apply and batch.state != ImportBatch.State.APPLIED:
            raise CommandError(message or "没有写入。", returncode=1)


def _workbook(text):
    if not text.lower().endswith(".xlsx"):
        raise ArgumentTypeError("只写 .xlsx 文件")
    return Path(text)


def _resource(kind):
    try:
        return resource_for(kind)
    except UnknownKind as fault:
        raise CommandError(str(fault), returncode=2) from None


def _user(name):
    if name is None:
        return User.objects.system()
    try:
        return User.objects.get(username=name, is_active=True)
    except User.DoesNotExist:
        raise CommandError(f"没有账户“{name}”。", returncode=2) from None


def _day(text):
    if text is None:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"“{text}”不是日期，请写成 2013-05-06 的样子。", returncode=2
        ) from None


def _place(resource, by, code, path):
    """Return the place that the rows are for: named, the only one, or plain from them.

    A file that cannot be read is refused later, whatever the place.
    """
    places = list(resource.scopes(by))
    if code:
        named = resource.place_of(code)
        found = [place for place in places if named and place.path == named.path]
        if not found:
            raise CommandError(f"没有区县“{code}”，或不在辖区内。", returncode=2)
        return found[0]
    if len(places) == 1:
        return places[0]
    if not places:
        raise CommandError("还没有区县，请先导入区划名录（grids）。", returncode=2)
    try:
        plain = services.place_in_file(resource, path, places)
    except UnreadableFile:
        return places[0]
    if plain:
        return plain
    codes = "、".join(place.code for place in places[:20])
    raise CommandError(f"请用 --district 指明区县：{codes}。", returncode=2)


def _return(batch, rows, target):
    try:
        write_returned(batch.file.path, batch.recognised, rows, target)
    except (OSError, FileCreateError):
        raise CommandError(f"无法写入“{target}”，请换一个位置。") from None


def _outcome(batch, rows, message):
    refused = batch.state == ImportBatch.State.REFUSED
    seen = batch.recognised if not refused else {}
    return {
        "file_outcome": "reject_file" if refused else "import",
        "message": message,
        "applied": batch.state == ImportBatch.State.APPLIED,
        "batch": batch.pk,
        "sheets": seen.get("sheets", []),
        "columns": seen.get("columns", []),
        "notices": seen.get("notices", []),
        "counts": batch.counts or dict.fromkeys(COUNTS, 0),
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.number,
                "outcome": row.outcome,
                "action": row.action,
                "reason": row.reason,
                "message": row.message,
                "values": {k: plain_value(v) for k, v in row.values.items()},
                "issues": [issue.as_json() for issue in row.issues],
                "changes": {
                    k: [plain_value(old), plain_value(new)]
                    for k, (old, new) in row.changes.items()
                },
            }
            for row in rows
        ],
    }


def _as_json(outcome):
    return json.dumps(outcome, ensure_ascii=False, default=str)


def _as_text(outcome):
    counts = outcome["counts"]
    lines = [
        f"{outcome['message']}".strip(),
        *outcome["notices"],
        f"数据 {counts['data_rows']} 行：合格 {counts['valid']}，"
        f"有提示 {counts['valid_warn']}，不合格 {counts['reject']}，"
        f"重复 {counts['duplicate']}；新增 {counts['new']}，"
        f"变更 {counts['changed']}，无变化 {counts['same']}。",
    ]
    lines += [
        f"{row['sheet'] or ''} 第{row['row']}行：{row['message']}"
        for row in outcome["rows"]
        if row["message"]
    ]
    lines.append("已写入。" if outcome["applied"] else "没有写入任何数据。")
    return "\n".join(line for line in lines if line)
