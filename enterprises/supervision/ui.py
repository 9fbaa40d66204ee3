"""What supervision adds to the pages of others: menu, tabs, timeline, workbench."""

from enterprises.changes import hears_of_facts
from enterprises.supervision.services.keys import note_moved
from gridinspect.audit.verbs import name_acts

hears_of_facts(note_moved)

name_acts(
    {
        "key_units.refreshed": "更新重点监管",
        "key_unit.proposed": "申请列入重点监管",
        "key_unit.entered": "批准列入重点监管",
        "key_unit.rejected": "未批准列入重点监管",
        "key_unit.removal_proposed": "申请移出重点监管",
        "key_unit.removed": "批准移出重点监管",
        "key_unit.kept": "未批准移出重点监管",
    }
)
