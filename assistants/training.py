"""Whether those on post have been trained first, and which clause asks for it."""

from datetime import date

from assistants.models import Training
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from grids.models import Posting
from grids.services.policies import policies_on


def is_trained(person: Person, on: date) -> bool:
    """Tell whether the person has passed a pre-post training by this day."""
    return person.trainings.filter(
        kind=Training.Kind.PRE_POST, passed=True, finished_on__lte=on
    ).exists()


def untrained_warning(posting: Posting) -> str:
    """Return why an assistant should not have begun yet, or "".

    Source: EQ-31 培训合格后方可上岗. The plan wants a bar; for now it is said only.
    """
    if posting.role != Role.ASSISTANT or is_trained(posting.person, posting.since):
        return ""
    return (
        f"未查到 {posting.person} 在 {posting.since} 上岗前的岗前培训合格记录。"
        f"{_clause(posting)}“培训合格后方可上岗”。目前只提示，不阻止安排岗位。"
    )


def _clause(posting: Posting) -> str:
    """Return where the district's plan says so, else the first plan that does."""
    district = posting.grid.district_id if posting.grid else None
    plans = policies_on([district], posting.since) if district else {}
    targets = plans[district].values.targets if district in plans else ()
    own = next((one.clause for one in targets if one.indicator == "trained"), "EQ-31")
    return f"依据 {own}，" if own == "EQ-31" else f"依据 {own}，并参照 EQ-31，"
