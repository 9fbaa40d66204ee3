from django.urls import path

from grids.views import cities, grids, policies

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
    path("cities/", cities.city_list, name="cities"),
    path("cities/<int:pk>/", cities.city_detail, name="city"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/adopt/", policies.adopt, name="adopt"),
    path("policies/adoptions/", policies.adoption_list, name="adoptions"),
    path("policies/<int:pk>/", policies.policy_detail, name="policy"),
]
