"""The OpenAI surface, included at the root. Everything also answers without /v1 and with a final slash."""

from __future__ import annotations

from django.urls import path, re_path

from openai_compat.views import chat, docs, fallback, generations, health, images, models, tokens, videos

app_name = "openai_compat"
# Base URLs are joined carelessly: "https://host/v1/" + "/models" is meant well, too.
_ROOT = r"^(?:/+)?(?:v1/+)?"

urlpatterns = [
    re_path(_ROOT + r"images/generations/?\Z", images.ImageGenerations.as_view(), name="image_generations"),
    re_path(_ROOT + r"images/edits/?\Z", images.ImageEdits.as_view(), name="image_edits"),
    re_path(_ROOT + r"images/variations/?\Z", images.ImageVariations.as_view(), name="image_variations"),
    re_path(_ROOT + r"images/compositions/?\Z", images.ImageCompositions.as_view(), name="image_compositions"),
    re_path(_ROOT + r"videos/generations/?\Z", videos.VideoGenerations.as_view(), name="video_generations"),
    re_path(
        _ROOT + r"videos/generations/(?P<video_id>[^/\n]+)/?\Z",
        videos.VideoGenerationDetail.as_view(),
        name="video_generation",
    ),
    re_path(_ROOT + r"videos/edits/?\Z", videos.Unsupported.as_view(what="Editing videos")),
    re_path(_ROOT + r"videos/extensions/?\Z", videos.Unsupported.as_view(what="Extending videos")),
    re_path(
        _ROOT + r"videos/characters(?:/[^/\n]+)?/?\Z", videos.Unsupported.as_view(what="Making characters for videos")
    ),
    re_path(_ROOT + r"videos/?\Z", videos.Videos.as_view(), name="videos"),
    re_path(_ROOT + r"videos/(?P<video_id>[^/\n]+)/?\Z", videos.VideoDetail.as_view(), name="video"),
    re_path(_ROOT + r"videos/(?P<video_id>[^/\n]+)/content/?\Z", videos.VideoContent.as_view(), name="video_content"),
    re_path(
        _ROOT + r"videos/[^/\n]+/(?:remix|edits|extensions)/?\Z",
        videos.Unsupported.as_view(what="Making videos from videos"),
    ),
    re_path(
        _ROOT + r"generations/(?P<generation_id>[^/\n]+)/?\Z",
        generations.GenerationDetail.as_view(),
        name="generation",
    ),
    re_path(
        _ROOT + r"generations/(?P<generation_id>[^/\n]+)/cancel/?\Z",
        generations.GenerationCancel.as_view(),
        name="generation_cancel",
    ),
    re_path(_ROOT + r"chat/completions/?\Z", chat.ChatCompletions.as_view(), name="chat_completions"),
    re_path(_ROOT + r"models/?\Z", models.Models.as_view(), name="models"),
    re_path(_ROOT + r"models/(?P<model_id>[^\n]+?)/?\Z", models.ModelDetail.as_view(), name="model"),
    re_path(_ROOT + r"token/check/?\Z", tokens.TokenCheck.as_view(), name="token_check"),
    re_path(_ROOT + r"token/points/?\Z", tokens.TokenPoints.as_view(), name="token_points"),
    re_path(_ROOT + r"token/receive/?\Z", tokens.TokenReceive.as_view(), name="token_receive"),
    path("v1/openapi.json", docs.OpenApiDocument.as_view(), name="openapi_document"),
    re_path(r"^ping/?\Z", health.ping, name="ping"),
    re_path(r"^healthz/?\Z", health.healthz, name="healthz"),
    re_path(r"^readyz/?\Z", health.readyz, name="readyz"),
    re_path(r"^(?:v1|token)(?:/|\Z)", fallback.unknown_url, name="unknown_url"),
]
