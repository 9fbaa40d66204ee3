"""考勤 on the page of a person: the months, and the counts that a plan keeps apart."""

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils import timezone

from assistants.attendance import counts_of
from assistants.models import Attendance, StaffFile
from gridinspect.ui.tables import Column, build_table
from grids.models import Posting
from grids.services.policies import policies_on


def attendance_tab(request, file: StaffFile, current: Sequence[Posting]) -> str:
    """Show a year's counts under the plan of the person's district, and all months.

    The page says what was counted and what the plan joins to it; it decides nothing.
    """
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    is_year = asked.isascii() and asked.isdigit() and len(asked) == 4
    year = int(asked) if is_year else today.year
    rows = Attendance.objects.filter(person=file.person_id)
    districts = {post.grid.district_id for post in current if post.grid}
    follows = next(iter(policies_on(districts, today).values()), None)
    counts = []
    if follows:
        counts = counts_of(list(rows.filter(month__year=year)), follows.values, year)
    columns = [
        Column("month", "月份", lambda one: f"{one.month:%Y年%m月}", sort="month"),
        *(
            Column(name, label, numeric=True)
            for name, label in (
                ("present", "出勤"),
                ("absent", "无故缺勤"),
                ("longest_absence", "最长连续缺勤"),
                ("annual_leave", "年休假"),
                ("sick_leave", "病假"),
                ("other_leave", "其他假"),
                ("late", "迟到早退"),
                ("spot_absences", "抽查空岗"),
            )
        ),
    ]
    context = {
        "year": year,
        "counts": counts,
        "policy": follows.policy if follows else None,
        "table": build_table(
            request, rows, columns, name="staff-attendance", default_sort="-month"
        ),
        "title": "考勤",
        "empty": "还没有考勤记录，请在“导入”中导入考勤表。",
    }
    return render_to_string("assistants/_attendance.html", context, request)
