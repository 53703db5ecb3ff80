from __future__ import annotations

from django.urls import re_path

from generation import views

app_name = "generation"
urlpatterns = [
    re_path(r"^media/(?P<public_id>med_[0-9a-f]+)\.(?P<suffix>[a-z0-9]{2,5})$", views.media_file, name="media"),
]
