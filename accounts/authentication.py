"""Who is asking: `Authorization: Bearer TOKEN`."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts import sessions, tickets
from accounts.models import User
from doit_site.api.problems import Code, Problem


class BearerAuthentication(BaseAuthentication):
    """`request.user` is the User, `request.auth` the session's document."""

    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        session = sessions.find(token.strip()) if scheme.lower() == "bearer" else None
        if not session:
            raise AuthenticationFailed("The token is unknown, revoked or expired.")
        return _owner(session), session

    def authenticate_header(self, request):
        return 'Bearer realm="doit"'


class TicketAuthentication(BaseAuthentication):
    """`?ticket=` of a stream; named after BearerAuthentication, whose header counts first."""

    def authenticate(self, request):
        ticket = request.query_params.get("ticket")
        if ticket is None:
            return None
        session = tickets.redeem(ticket)
        if not session:
            raise AuthenticationFailed("The ticket is unknown, used or expired.")
        return _owner(session), session


def _owner(session) -> User:
    user = session["owner"].twin() if "owner" in session else User.from_document(session["user"])
    if not user.is_active:
        raise Problem(Code.account_suspended)
    return user


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that POST auth/otp/verify/ answers.",
        }


class TicketScheme(OpenApiAuthenticationExtension):
    target_class = TicketAuthentication
    name = "ticket"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "What POST auth/ticket/ answers: for one stream, within 60 s.",
        }
