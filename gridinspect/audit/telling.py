"""What the trail tells of one object, on its timeline."""

from collections.abc import Iterable, Mapping

from django.db.models import Model

from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name
from gridinspect.ui.registry import TimelineEntry


def happened_to(
    target: Model,
    labels: Mapping[str, str],
    *,
    marks: Mapping[str, str] | None = None,
) -> Iterable[TimelineEntry]:
    """Return what was recorded of an object, latest first, each act with its details.

    `labels` names the details to show, in this order; `marks` are the words for details
    that are true or false. One query.
    """
    for event in history(target):
        said = [
            f"{words}：{event.data[key]}"
            for key, words in labels.items()
            if event.data.get(key)
        ]
        said += [words for key, words in (marks or {}).items() if event.data.get(key)]
        yield TimelineEntry(
            at=event.at,
            text=act_name(event.verb),
            by=event.actor_name,
            note="，".join(said),
        )
