"""The llm coach before a model's endpoint on the loopback."""

import pytest

from goals import coach
from goals.coach.interface import Allowance
from tests.goals.llm.endpoint import Endpoint
from tests.goals.steps import make_roadmap
from tests.site.test_metrics import grown  # noqa: F401  # a fixture


@pytest.fixture(scope="session")
def _endpoint():
    endpoint = Endpoint()
    yield endpoint
    _forget()
    endpoint.close()


@pytest.fixture
def endpoint(_endpoint):
    _endpoint.reset()
    return _endpoint


@pytest.fixture(scope="session", params=["openai", "anthropic"])
def protocol(request):
    return request.param


@pytest.fixture
def configured(settings, endpoint):
    """configured("openai") -> COACH=llm with the endpoint; a coach is kept from test to test, as it
    takes 0.1 s to make, and its breaker is closed."""

    def configure(protocol="openai", **changes):
        settings.COACH = "llm"
        settings.COACH_MODEL = f"{protocol}:a-model"
        settings.COACH_BASE_URL = endpoint.url + ("/v1" if protocol == "openai" else "")
        settings.COACH_API_KEY = "a-key-of-the-tests"
        settings.COACH_DEADLINE, settings.COACH_ROADMAP_DEADLINE = 5, 10
        settings.COACH_RETRY_SECONDS = 0.01
        for name, value in changes.items():
            setattr(settings, name, value)
        _made_for((protocol, tuple(changes.items())))
        coach._llm_coach().breaker.succeeded()

    return configure


def _made_for(what):
    """The coach of the process is made anew for other settings."""
    if _made[-1:] != [what]:
        _forget()
        _made.append(what)


def _forget():
    if coach._llm_coach.cache_info().currsize:
        coach._llm_coach().close()
    coach._llm_coach.cache_clear()


_made: list = []


@pytest.fixture
def llm(configured, protocol):
    """The coach, by each protocol."""
    configured(protocol)
    return coach.llm_coach()


@pytest.fixture
def llm_by_openai(configured):
    configured()
    return coach.llm_coach()


@pytest.fixture
def allowance():
    return Allowance(seconds=20, tokens=100_000)


@pytest.fixture
def goal(alice_api, a_goal):
    """A goal with a roadmap, made by the offline coach."""
    made = a_goal(category="music")
    make_roadmap(alice_api, made)
    return made
