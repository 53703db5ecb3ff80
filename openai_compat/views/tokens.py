"""`POST /token/*`: are Jimeng logins alive, what is their balance, and today's gift for them."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from accounts.api_keys import KEY_PREFIX
from generation.errors import InvalidApiKey, InvalidSpec
from generation.tokens import TokenState, tokens_check, tokens_points, tokens_receive
from openai_compat.authentication import may_be_sessionid, token_of
from openai_compat.bodies import Body, read_body
from openai_compat.key_memory import key_memory
from openai_compat.schema.operations import TOKEN_CHECK, TOKEN_POINTS, TOKEN_RECEIVE
from openai_compat.serializers.tokens import check_count, split, tokens_given
from openai_compat.token_presenters import NOT_A_TOKEN, TokensLife, token_gift, token_life, token_points
from openai_compat.views.base import AsyncAPIView


class _Tokens(AsyncAPIView):
    """What the three share: logins come from the body, else from the bearer. One dead login never fails the others."""

    needs_key = False  # whoever has the logins may ask about them

    async def _tokens(self, request: HttpRequest) -> list[str]:
        """The logins to ask about, in the order given. Raises InvalidApiKey, InvalidSpec."""
        bearer = _bearer(request)
        in_bearer = await _logins_of(bearer)
        body = await read_body(request) if _has_body(request) else Body(fields={})
        found = tokens_given(body) or in_bearer
        if not found and not bearer:
            token_of(request)  # raises, and says how a key is sent
        if not found:
            raise InvalidSpec("Give the Jimeng sessionids as token or tokens.", param="token")
        return found


class TokenCheck(_Tokens):
    @extend_schema(**TOKEN_CHECK)
    async def post(self, request: HttpRequest) -> JsonResponse:
        tokens = await self._tokens(request)
        states = await tokens_check(_sessionids(tokens))
        results = [token_life(token, state) for token, state in _in_order(tokens, states)]
        return JsonResponse(TokensLife(live=all(each["live"] for each in results), results=results))


class TokenPoints(_Tokens):
    @extend_schema(**TOKEN_POINTS)
    async def post(self, request: HttpRequest) -> JsonResponse:
        tokens = await self._tokens(request)
        states = await tokens_points(_sessionids(tokens))
        return JsonResponse([token_points(token, state) for token, state in _in_order(tokens, states)], safe=False)


class TokenReceive(_Tokens):
    @extend_schema(**TOKEN_RECEIVE)
    async def post(self, request: HttpRequest) -> JsonResponse:
        tokens = await self._tokens(request)
        states = await tokens_receive(_sessionids(tokens))
        return JsonResponse([token_gift(token, state) for token, state in _in_order(tokens, states)], safe=False)


async def _logins_of(bearer: str) -> list[str]:
    """The logins that were sent as key; none for a key of ours. Raises InvalidApiKey unless one of them may live."""
    if bearer.startswith(KEY_PREFIX):
        await key_memory.verified(bearer, at=timezone.now())
        return []
    logins = split(bearer)
    check_count(logins, "token")
    may_ask = settings.JIMENG_PASSTHROUGH and (not bearer or any(map(may_be_sessionid, logins)))
    if not may_ask:
        raise InvalidApiKey
    return logins


def _has_body(request: HttpRequest) -> bool:
    return request.META.get("CONTENT_LENGTH") not in (None, "", "0") or "transfer-encoding" in request.headers


def _bearer(request: HttpRequest) -> str:
    """What was sent as key; empty for nothing."""
    try:
        return token_of(request)
    except InvalidApiKey:
        return ""


def _sessionids(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if may_be_sessionid(token)]


def _in_order(tokens: Sequence[str], states: dict[str, TokenState]) -> list[tuple[str, TokenState]]:
    """An answer for each token given, also for one given twice."""
    return [(token, states.get(token, NOT_A_TOKEN)) for token in tokens]
