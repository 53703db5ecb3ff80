"""The OpenAI surface, included at the root. Everything also answers without /v1 and with a final slash."""

from __future__ import annotations

from django.urls import re_path

from openai_compat.views import fallback, health, images, models

app_name = "openai_compat"
# Base URLs are joined carelessly: "https://host/v1/" + "/models" is meant well, too.
_ROOT = r"^(?:/+)?(?:v1/+)?"

urlpatterns = [
    re_path(_ROOT + r"images/generations/?\Z", images.ImageGenerations.as_view(), name="image_generations"),
    re_path(_ROOT + r"models/?\Z", models.Models.as_view(), name="models"),
    re_path(_ROOT + r"models/(?P<model_id>[^\n]+?)/?\Z", models.ModelDetail.as_view(), name="model"),
    re_path(r"^ping/?\Z", health.ping, name="ping"),
    re_path(r"^healthz/?\Z", health.healthz, name="healthz"),
    re_path(r"^readyz/?\Z", health.readyz, name="readyz"),
    re_path(r"^v1(?:/|\Z)", fallback.unknown_url, name="unknown_url"),
]
