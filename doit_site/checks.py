"""System checks of the deployment, beside Django's own."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from doit_site.mongo.client import DatabaseUnavailable, StandaloneServer, connect_db


@register(Tags.security, deploy=True)
def messages_reach_people(app_configs, **kwargs):
    """The console is no way to send a code to somebody's phone."""
    if settings.SMS_BACKEND == "twilio":
        return []
    return [
        Warning(
            f"SMS_BACKEND is {settings.SMS_BACKEND}: sign-in codes reach nobody's phone.",
            hint="Set SMS_BACKEND=twilio and the TWILIO_ settings.",
            id="doit.W001",
        )
    ]


@register
def the_coach_has_a_model(app_configs, **kwargs):
    """In production start-up ends without one."""
    if settings.COACH != "llm" or settings.COACH_MODEL:
        return []
    return [
        Warning(
            "COACH is llm and COACH_MODEL is not set: the offline coach answers.",
            hint="Set COACH_MODEL=openai:NAME or anthropic:NAME, and COACH_API_KEY.",
            id="doit.W002",
        )
    ]


@register(Tags.database)
def transactions_are_possible(app_configs, databases, **kwargs):
    """`migrate` asks this before it touches anything; only it names databases."""
    if not databases:
        return []
    try:
        connect_db()
    except StandaloneServer as error:
        return [Error(str(error), id="doit.E001")]
    except DatabaseUnavailable:
        pass  # the command itself says so
    return []
