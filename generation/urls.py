from __future__ import annotations

from django.urls import path, re_path, register_converter

from generation import views
from generation.pages import create, create_fragments, detail, history, home, live, retention, selection


class GenerationId:
    regex = "gen_[0-9a-f]{1,36}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(GenerationId, "generation")

app_name = "generation"
urlpatterns = [
    path("", home.home, name="home"),
    path("history/", history.history, name="history"),
    path("history/rows/", history.rows, name="history_rows"),
    path("history/news/", history.news, name="history_news"),
    path("history/selection/", selection.selection, name="selection"),
    path("history/retention/", retention.retention, name="retention"),
    path("history/<generation:public_id>/", detail.detail, name="detail"),
    path("history/<generation:public_id>/rerun/", detail.rerun, name="rerun"),
    path("history/<generation:public_id>/cancel/", detail.cancel, name="cancel"),
    path("history/<generation:public_id>/look-again/", detail.look_again, name="look_again"),
    path("history/<generation:public_id>/inputs/<int:position>/", detail.input_picture, name="input_picture"),
    path("create/", create.create, name="create"),
    path("create/options/", create_fragments.options, name="create_options"),
    path("create/inputs/", create_fragments.inputs, name="create_inputs"),
    path("create/inputs/preview/", create_fragments.preview, name="create_preview"),
    path("create/estimate/", create_fragments.estimate, name="create_estimate"),
    path("create/cards/<generation:public_id>/", create_fragments.card, name="create_card"),
    path("live/news/", live.news, name="live_news"),
    path("live/generations/<generation:public_id>/", live.progress, name="live_progress"),
    path("live/archive/", selection.archive, name="archive"),
    re_path(r"^media/(?P<public_id>med_[0-9a-f]+)\.(?P<suffix>[a-z0-9]{2,5})$", views.media_file, name="media"),
]
