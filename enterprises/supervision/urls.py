from django.urls import path

from enterprises.supervision.views import (
    entries,
    grades,
    keys,
    publications,
    publishing,
    ratings,
    replay,
    rounds,
    units,
)

app_name = "supervision"
urlpatterns = [
    path("grades/", grades.grade_list, name="grades"),
    path("grades/export/", grades.grades_export, name="grades-export"),
    path("grades/replay/", replay.replay, name="replay"),
    path("grades/<int:pk>/", ratings.rating_detail, name="rating"),
    path("grades/<int:pk>/notice/", ratings.rating_notice, name="rating-notice"),
    path("grades/<int:pk>/<slug:act>/", ratings.rating_act, name="rating-act"),
    path("grade-rounds/", rounds.round_list, name="rounds"),
    path("grade-rounds/new/", rounds.round_add, name="round-add"),
    path("grade-rounds/<int:pk>/", rounds.round_detail, name="round"),
    path(
        "grade-rounds/<int:pk>/recompute/",
        rounds.round_recompute,
        name="round-recompute",
    ),
    path("grade-rounds/<int:pk>/<slug:act>/", rounds.round_act, name="round-act"),
    path("key-units/", keys.key_unit_list, name="key-units"),
    path("key-units/export/", keys.key_export, name="key-export"),
    path("key-units/refresh/", keys.key_refresh, name="key-refresh"),
    path("key-units/entries/", entries.entry_list, name="key-entries"),
    path("key-units/entries/<int:pk>/", entries.entry_detail, name="key-entry"),
    path("key-units/entries/<int:pk>/<slug:act>/", entries.key_act, name="key-act"),
    path("enterprises/<int:unit_pk>/key/", entries.key_propose, name="key-propose"),
    path("enterprises/<int:unit_pk>/record/", units.note_fact, name="note-fact"),
    path("records/<int:pk>/withdraw/", units.withdraw_fact, name="withdraw-fact"),
    path("publications/", publications.publication_list, name="publications"),
    path("publications/find/", publications.publication_find, name="publication-find"),
    path(
        "publications/<str:quarter>/published.<slug:kind>",
        publications.publication_export,
        name="publication-export",
    ),
    path("publications/<int:pk>/", publishing.publication_detail, name="publication"),
    path(
        "publications/<int:pk>/change/",
        publishing.publication_change,
        name="publication-change",
    ),
    path(
        "publications/<int:pk>/<slug:act>/",
        publishing.publication_act,
        name="publication-act",
    ),
    path(
        "enterprises/<int:unit_pk>/publish/",
        publishing.publication_add,
        name="publication-add",
    ),
]
