"""What this app adds to the pages of others: menu entries and names of acts."""

from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts
from gridinspect.ui.registry import menu

menu.add(
    "网格与人员",
    "政策",
    "grids:policies",
    Permission.POLICY_VIEW,
    icon="file-earmark-ruled",
    order=40,
)
name_acts({"policy.loaded": "载入政策", "policy.adopted": "采用方案"})
