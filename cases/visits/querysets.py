"""Which visits, hazards and words of workers a person sees."""

from datetime import date
from typing import Self

from django.db.models import Q

from gridinspect.accounts.roles import Permission
from gridinspect.scope import Place, ScopedQuerySet, within_paths


class AtUnitQuerySet(ScopedQuerySet):
    """Rows about a unit, which go where its file goes; without one, about a grid."""

    view_permission = Permission.VISIT_VIEW

    def visible_to(self, user) -> Self:
        return self.filter(_inside(user.scope_paths(self.view_permission)))

    def within(self, place: Place) -> Self:
        return self.filter(_inside([place.path]))


def _inside(paths) -> Q:
    return within_paths(paths, "enterprise__grid__path") | (
        Q(enterprise=None) & within_paths(paths, "grid__path")
    )


class VisitQuerySet(AtUnitQuerySet):
    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        people = self.select_related("enterprise", "grid", "recorded_by__person")
        return people.prefetch_related("visitors__person")


class HazardQuerySet(AtUnitQuerySet):
    def open(self) -> Self:
        """Keep what has not been cleared (未消除)."""
        return self.filter(cleared_on=None)

    def open_on(self, day: date) -> Self:
        """Keep what had been found and was not cleared at the end of this day."""
        still = Q(cleared_on=None) | Q(cleared_on__gt=day)
        return self.filter(still, found_on__lte=day)

    def escalated(self) -> Self:
        """Keep what was reported upward and waits for an answer (立即上报，待处理)."""
        return self.filter(escalated_at__isnull=False, answered_at=None)

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.select_related("enterprise", "grid", "visit", "found_by__person")


class FeedbackQuerySet(AtUnitQuerySet):
    def open(self) -> Self:
        """Keep what waits for a reply."""
        return self.filter(replied_on=None)


class ClueQuerySet(AtUnitQuerySet):
    def open(self) -> Self:
        """Keep what nobody has settled."""
        return self.filter(settled_at=None)
