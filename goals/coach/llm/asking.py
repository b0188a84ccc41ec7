"""One question to the model: prompt and data in, a validated value out, within an allowance."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry, RunContext
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage

from doit_site import metrics
from goals.coach.interface import Allowance, CoachFailed
from goals.coach.llm.breaker import Breaker
from goals.coach.llm.live import Live
from goals.coach.llm.model import Guarded, reason_of
from goals.coach.llm.prompts import data, prompt

logger = logging.getLogger("doit.coach")
Output = TypeVar("Output", bound=BaseModel)
Value = TypeVar("Value")
COUNTED_BY_TRY = ("limited", "connection", "server")  # by the model's guard, each time
REPAIRS = 2  # times that an answer which fails validation goes back to the model


class Unfit(Exception):
    """The answer has the right shape and still will not do; the message tells the model why."""


@dataclass(frozen=True)
class Act:
    """A prompt, the type of its answer, and the most tokens that the answer may take."""

    prompt: str
    output: type[BaseModel]
    longest: int


class Asking:
    """Asks one model. `breaker` is told of calls that never came back."""

    def __init__(self, model: Guarded, breaker: Breaker) -> None:
        self._model, self.breaker = model, breaker
        self._agents: dict[Act, Agent[Any, Any]] = {}

    async def within(self, allowance: Allowance, call) -> Any:
        """The coroutine's value before the allowance's time is over. Raises CoachFailed only."""
        try:
            async with asyncio.timeout(allowance.seconds_left):
                return await call
        except Exception as error:
            raise self._failure(error) from error

    def _failure(self, error: BaseException) -> CoachFailed:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, TimeoutError):
            self.breaker.failed()
        return CoachFailed(self.note(error))

    def note(self, error: BaseException) -> str:
        """Log and count a failure; its reason. Of the error its type: its message may quote people."""
        reason = reason_of(error)
        if reason not in COUNTED_BY_TRY:
            metrics.coach_failed(reason)
        fields = {"reason": reason, "error": type(error).__name__.lstrip("_")}
        logger.warning("the model gave no answer", extra={"fields": fields})
        return reason

    async def ask(
        self,
        act: Act,
        values: dict[str, Any],
        allowance: Allowance,
        fit: Callable[[Any], Value],
        live: Live | None = None,
    ) -> Value:
        """What `fit` makes of the model's answer. Where it raises Unfit, the model gets the reason.

        `live` hears the answer while it comes.

        An answer that passes the allowance of tokens still counts: it is paid for. None is asked after it.
        """
        if not allowance.tokens_left:
            raise CoachFailed("tokens")
        usage, asked = RunUsage(), prompt(act.prompt)
        model = self._model.heard_by(live) if live else self._model
        try:
            done = await self._agent(act).run(data(values), deps=fit, usage=usage, model=model)
        finally:
            allowance.spent += usage.total_tokens
        fields = {"prompt": f"{asked.name}/{asked.version}", "tokens": usage.total_tokens}
        logger.info("the model answered", extra={"fields": fields})
        return done.output

    def _agent(self, act: Act) -> Agent[Any, Any]:
        if act not in self._agents:
            agent: Agent[Any, Any] = Agent(
                self._model,
                output_type=act.output,
                instructions=prompt(act.prompt).text,
                retries=REPAIRS,
                model_settings=ModelSettings(max_tokens=act.longest),
            )
            agent.output_validator(_validated)
            self._agents[act] = agent
        return self._agents[act]


def _validated(context: RunContext[Any], output: Any) -> Any:
    try:
        return context.deps(output)
    except Unfit as error:
        raise ModelRetry(str(error)) from error
