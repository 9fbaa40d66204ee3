"""What the pages of all acts have in common."""

from functools import partial

from cases import rules
from cases.limits import LimitMissing
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.ui import pages

REFUSALS = (rules.Refused, LimitMissing, MissingGlyph)
act_page = partial(pages.act_page, refusals=REFUSALS)
