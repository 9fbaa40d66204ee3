"""What changes a written review: one act, one transaction, one event each."""

from enterprises.reviews.services.checking import (
    check_review,
    order_filing,
    recheck,
    record_site,
)
from enterprises.reviews.services.filing import (
    file_review,
    open_review_of,
    own_review_of,
)
from enterprises.reviews.services.rounds import (
    announce,
    begin_round,
    draw_sample,
    end_round,
    pass_all,
    remind_all,
    undo,
)

__all__ = [
    "announce",
    "begin_round",
    "check_review",
    "draw_sample",
    "end_round",
    "file_review",
    "open_review_of",
    "order_filing",
    "own_review_of",
    "pass_all",
    "recheck",
    "record_site",
    "remind_all",
    "undo",
]
