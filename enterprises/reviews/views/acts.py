"""What the pages of all acts of written reviews have in common."""

from functools import partial

from enterprises.reviews.rules import Refused
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.ui import pages

act_page = partial(pages.act_page, refusals=(Refused, MissingGlyph))
