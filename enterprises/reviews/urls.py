from django.urls import path

from enterprises.reviews.views import own, reviews, rounds

app_name = "reviews"
urlpatterns = [
    path("my-unit/review/", own.own_review, name="own"),
    path("reviews/", rounds.round_list, name="list"),
    path("reviews/new/", rounds.round_add, name="round-add"),
    path("reviews/<int:pk>/", rounds.round_detail, name="round"),
    path("reviews/<int:pk>/units/", rounds.units, name="units"),
    path("reviews/<int:pk>/announce/", rounds.announce, name="announce"),
    path("reviews/<int:pk>/notice.pdf", rounds.notice, name="notice"),
    path("reviews/<int:pk>/sample/", rounds.sample, name="sample"),
    path("reviews/<int:pk>/remind/", rounds.remind, name="remind"),
    path("reviews/<int:pk>/pass/", rounds.pass_all, name="pass"),
    path("reviews/<int:pk>/end/", rounds.end, name="end"),
    path("reviews/<int:pk>/progress.pdf", rounds.progress_pdf, name="progress-pdf"),
    path("review-acts/<int:pk>/undo/", rounds.undo, name="undo"),
    path("unit-reviews/<int:pk>/", reviews.detail, name="detail"),
    path("unit-reviews/<int:pk>/file/", reviews.file, name="file"),
    path("unit-reviews/<int:pk>/check/", reviews.check, name="check"),
    path("unit-reviews/<int:pk>/recheck/", reviews.recheck, name="recheck"),
    path("unit-reviews/<int:pk>/site/", reviews.site, name="site"),
    path("unit-reviews/<int:pk>/order/", reviews.order, name="order"),
    path("unit-reviews/<int:pk>/sheet.pdf", reviews.sheet, name="sheet"),
]
