from datetime import date

from django.conf import settings
from django.db import models

from gridinspect.workdays.rules import WorkCalendar


class CalendarYear(models.Model):
    """One year's holiday arrangement (放假安排), as the State Council published it."""

    year = models.PositiveSmallIntegerField("年度", primary_key=True)
    source = models.CharField("依据", max_length=200, help_text="通知的文号或网址")
    is_official = models.BooleanField("国务院办公厅已公布", default=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="录入人",
    )
    entered_at = models.DateTimeField("录入时间", auto_now=True)

    class Meta:
        verbose_name = "放假安排"
        ordering = ["year"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(year__gte=2000, year__lte=2100),
                name="workdays_calendaryear_year_in_range",
            ),
            models.CheckConstraint(
                condition=~models.Q(source=""),
                name="workdays_calendaryear_has_a_source",
            ),
        ]

    def __str__(self):
        return f"{self.year}年"


class ExceptionDayQuerySet(models.QuerySet):
    def as_calendar(self) -> WorkCalendar:
        """Return all loaded years as one calendar (two queries).

        A year that was entered without an official notice is counted as entered, and
        stays provisional.
        """
        off: dict[date, str] = {}
        on: dict[date, str] = {}
        for day, name, works in self.values_list("day", "name", "is_working_day"):
            (on if works else off)[day] = name
        official = CalendarYear.objects.filter(is_official=True)
        years = frozenset(official.values_list("year", flat=True))
        return WorkCalendar(years=years, days_off=off, days_on=on)


class ExceptionDay(models.Model):
    """A day that a notice names: a holiday, or a weekend day worked in exchange."""

    day = models.DateField("日期", primary_key=True)
    year = models.ForeignKey(
        CalendarYear,
        on_delete=models.CASCADE,
        related_name="days",
        verbose_name="年度",
    )
    name = models.CharField("节日", max_length=40)
    is_working_day = models.BooleanField("调休上班")

    objects = ExceptionDayQuerySet.as_manager()

    class Meta:
        verbose_name = "节假日与调休"
        ordering = ["day"]
        constraints = [
            # Sunday is 1 and Saturday 7 in Django's week_day.
            models.CheckConstraint(
                condition=models.Q(is_working_day=False)
                | models.Q(day__week_day__in=[1, 7]),
                name="workdays_exceptionday_only_weekends_are_exchanged",
            ),
        ]

    def __str__(self):
        return f"{self.day} {self.name}"
