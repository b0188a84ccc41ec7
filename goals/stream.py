"""The view of a reply that is told while the coach makes it."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response

from accounts.authentication import BearerAuthentication, TicketAuthentication
from doit_site.api import events
from doit_site.api.idempotency import idempotent
from doit_site.api.views import ApiViewSet
from goals import chat, serializers

EXPLANATION = (
    "`message` (the message, as it is stored with its reply), `token` (`{text}`: a piece of the reply, several), `reply` "
    "(the whole reply, as it is stored: what counts, whatever tokens came before), `error` (a problem; nothing is stored). "
    "A replay is the `reply` alone."
)


class MessageStreamViewSet(ApiViewSet):
    """Talking to the coach, word by word."""

    authentication_classes = [BearerAuthentication, TicketAuthentication]
    parameters = {"stream_message": {"ticket"}}

    @extend_schema(
        tags=["goals"],
        request=serializers.MessageInput,
        responses={(200, events.CONTENT_TYPE): OpenApiResponse(OpenApiTypes.STR, EXPLANATION)},
    )
    @idempotent(tells="reply")
    def stream_message(self, request, id):
        """Write to the coach; its reply comes as server-sent events while it is made.

        Both are stored together once the reply is whole, also when the client has gone. Served by the
        ASGI process only: elsewhere it is 421 `misdirected`.
        """
        content = self.validated(serializers.MessageInput)
        message, answer = chat.begin(user=request.user, goal_id=id, **content)
        events.refuse_elsewhere(request)

        def ask(tell):
            tell("message", message)
            store = answer(lambda text: tell("token", {"text": text}))
            return lambda: Response(store(), status=201)

        return ask
