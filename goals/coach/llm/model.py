"""The model of COACH_MODEL, behind retries, the circuit breaker and the counting of tokens."""

import asyncio
import random
from typing import Any

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelServerError,
    ModelUnavailableError,
)
from pydantic_ai.models import Model
from pydantic_ai.models.wrapper import WrapperModel

from doit_site import metrics
from goals.coach.interface import CoachFailed
from goals.coach.llm.breaker import Breaker
from goals.coach.llm.live import Live

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
NO_KEY = "none"  # of an endpoint on one's own machine, which asks for none
PASSING = (ModelRateLimitError, ModelUnavailableError, ModelServerError, ModelConnectionError)
RETRIES = 3
LONGEST_PAUSE = 8.0
# Anthropic else keeps a tool's argument back until it is whole.
AS_IT_COMES = {"anthropic_eager_input_streaming": True}
CANNOT_STREAM = (400, 422)


def model_of(name: str, base_url: str, api_key: str, *, seconds: float) -> Any:
    """The model that `openai:NAME` or `anthropic:NAME` names; the prefix is the protocol spoken.

    The SDKs' own retries are off: those here know the deadline and the breaker. `seconds` bounds
    one call. Its `client` is the SDK's, to be closed.
    """
    protocol, _, model = name.partition(":")
    if protocol == "anthropic":
        return _anthropic(model, base_url or ANTHROPIC, api_key, seconds)
    return _openai(model, base_url or OPENAI, api_key, seconds)


def _openai(model, base_url, api_key, seconds):
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    client = AsyncOpenAI(
        api_key=api_key or NO_KEY, base_url=base_url, max_retries=0, timeout=seconds
    )
    if base_url == OPENAI:
        return OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client))
    provider = OpenAICompatibleProvider("coach", openai_client=client)
    return OpenAIChatModel(model, provider=provider)


def _anthropic(model, base_url, api_key, seconds):
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(
        api_key=api_key or NO_KEY, base_url=base_url, max_retries=0, timeout=seconds
    )
    return AnthropicModel(model, provider=AnthropicProvider(anthropic_client=client))


class Guarded(WrapperModel):
    """Tries again, with jitter, what may pass by itself; the caller's deadline ends it.

    `pause` is the first pause in seconds, doubled each time; the wait is drawn between nothing and
    that, so that many who failed at once do not come back at once. With `live` the answer is
    streamed, and it hears every event.
    """

    def __init__(
        self, wrapped: Model, breaker: Breaker, *, pause: float, live: Live | None = None
    ) -> None:
        super().__init__(wrapped)
        self._breaker, self._pause, self._live = breaker, pause, live

    def heard_by(self, live: Live) -> "Guarded":
        """The same model for one answer that is told while it comes."""
        return Guarded(self.wrapped, self._breaker, pause=self._pause, live=live)

    async def request(self, messages, model_settings, model_request_parameters):
        for left in reversed(range(RETRIES + 1)):
            try:
                return await self._try(messages, model_settings, model_request_parameters)
            except PASSING as error:
                metrics.coach_failed(reason_of(error))
                if not left or not _is_worth_a_wait(error):
                    raise
                await asyncio.sleep(self._wait(RETRIES - left, error))
        raise AssertionError("unreachable")

    async def _try(self, messages, model_settings, model_request_parameters):
        if not self._breaker.lets_through():
            raise CoachFailed("open")
        try:
            response = await self._respond(messages, model_settings, model_request_parameters)
        except ModelAPIError as error:
            # That the request itself was refused says nothing of the next one.
            if _is_theirs(error):
                self._breaker.failed()
            else:
                self._breaker.left()
            raise
        except BaseException:
            self._breaker.left()
            raise
        self._breaker.succeeded()
        metrics.coach_tokens(response.usage.input_tokens, response.usage.output_tokens)
        return response

    async def _respond(self, messages, model_settings, parameters):
        if (live := self._live) is None:
            return await self.wrapped.request(messages, model_settings, parameters)
        streamed = {**(model_settings or {}), **AS_IT_COMES}
        try:
            return await self._streamed(live, messages, streamed, parameters)
        except ModelHTTPError as error:
            if error.status_code not in CANNOT_STREAM:
                raise
            # An endpoint that does not stream, or not so, may still answer.
            return await self.wrapped.request(messages, model_settings, parameters)

    async def _streamed(self, live: Live, messages, model_settings, parameters):
        """The whole response, once every event of it was heard."""
        live.begin()
        opened = self.wrapped.request_stream(messages, model_settings, parameters)
        async with opened as stream:
            async for event in stream:
                live.heard(event)
            return stream.get()

    def _wait(self, tried, error) -> float:
        if error.retry_after is not None:
            return error.retry_after + random.uniform(0, self._pause)
        return random.uniform(0, min(LONGEST_PAUSE, self._pause * 2**tried))


def _is_worth_a_wait(error: ModelAPIError) -> bool:
    """Not where the account is used up, or the endpoint wants longer than anybody would wait."""
    return not isinstance(error, ModelQuotaExceededError) and (
        error.retry_after is None or error.retry_after <= LONGEST_PAUSE
    )


def _is_theirs(error: ModelAPIError) -> bool:
    """Whether the model is down, or will not have us: not so after a single refused request."""
    if isinstance(error, ModelHTTPError) and error.status_code in (400, 413, 422):
        return False
    return isinstance(error, ModelHTTPError) or not isinstance(error, ModelRequestRejectedError)


def reason_of(error: BaseException) -> str:
    """The failure as a label of /metrics, of a fixed list."""
    if isinstance(error, CoachFailed):
        return error.reason
    if isinstance(error, TimeoutError):
        return "slow"
    if isinstance(error, ModelRateLimitError | ModelQuotaExceededError):
        return "limited"
    if isinstance(error, ModelConnectionError):
        return "connection"
    if isinstance(error, ModelAPIError):
        return "refused" if isinstance(error, ModelRequestRejectedError) else "server"
    return "invalid"
