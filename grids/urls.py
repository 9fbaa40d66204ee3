from django.urls import path

from grids.views import (
    accounts,
    cities,
    grids,
    maps,
    policies,
    policy_compare,
    policy_drafts,
    reshaping,
)

app_name = "grids"
urlpatterns = [
    path("grids/", grids.grid_list, name="list"),
    path("grids/tree/", grids.grid_tree, name="tree"),
    path("grids/options/", grids.grid_options, name="options"),
    path("grids/new/", grids.grid_create, name="create"),
    path("grids/<int:pk>/", grids.grid_detail, name="detail"),
    path("grids/<int:pk>/change/", grids.grid_change, name="change"),
    path("grids/<int:pk>/close/", grids.grid_close, name="close"),
    path("grids/<int:pk>/move/", grids.grid_move, name="move"),
    path("grids/<int:pk>/split/", reshaping.grid_split, name="split"),
    path("grids/<int:pk>/merge/", reshaping.grid_merge, name="merge"),
    path("grids/<int:pk>/undo/", reshaping.grid_undo, name="undo"),
    path("grids/<int:pk>/boundary/", maps.boundary, name="boundary"),
    path(
        "grids/<int:pk>/boundary/upload/", maps.boundary_upload, name="boundary-upload"
    ),
    path("grids/<int:pk>/tiling/", maps.tiling, name="tiling"),
    path("map/", maps.grid_map, name="map"),
    path("cities/", cities.city_list, name="cities"),
    path("cities/<int:pk>/", cities.city_detail, name="city"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/adopt/", policies.adopt, name="adopt"),
    path("policies/adoptions/", policies.adoption_list, name="adoptions"),
    path(
        "policies/adoptions/<int:pk>/end/",
        policy_drafts.adoption_end,
        name="adoption-end",
    ),
    path("policies/upload/", policy_drafts.policy_upload, name="policy-upload"),
    path("policies/<int:pk>/clone/", policy_drafts.policy_clone, name="policy-clone"),
    path("policies/drafts/", policy_drafts.draft_list, name="drafts"),
    path("policies/drafts/<int:pk>/", policy_drafts.draft_detail, name="draft"),
    path(
        "policies/drafts/<int:pk>/publish/",
        policy_drafts.draft_publish,
        name="draft-publish",
    ),
    path(
        "policies/drafts/<int:pk>/discard/",
        policy_drafts.draft_discard,
        name="draft-discard",
    ),
    path(
        "policies/drafts/<int:pk>/<slug:section>/",
        policy_drafts.draft_section,
        name="draft-section",
    ),
    path("policies/compare/", policy_compare.policy_compare, name="policy-compare"),
    path("policies/<int:pk>/", policies.policy_detail, name="policy"),
    path("accounts/", accounts.account_list, name="accounts"),
    path("accounts/open/", accounts.account_open, name="account-open"),
    path(
        "accounts/open/<int:person_pk>/",
        accounts.account_open_for,
        name="account-open-for",
    ),
    path("accounts/<int:pk>/", accounts.account_detail, name="account"),
    path("accounts/<int:pk>/switch/", accounts.account_switch, name="account-switch"),
    path("accounts/<int:pk>/reset/", accounts.account_reset, name="account-reset"),
    path("accounts/<int:pk>/post/", accounts.account_post, name="account-post"),
    path("accounts/postings/<int:pk>/end/", accounts.posting_end, name="posting-end"),
]
