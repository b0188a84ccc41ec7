"""The view of a group's live stream."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from accounts.authentication import BearerAuthentication, TicketAuthentication
from doit_site.api import events
from doit_site.api.problems import Code, Problem
from doit_site.api.views import ApiViewSet
from groups import live

MAX_EVENT_ID = 64
EXPLANATION = (
    "`message` (with `id:`, to resume after it), `hidden` (`{id, hidden}`: a moderator hid a message or showed it "
    "again), `open` (first, where the stream begins), `resync` (the message to resume after is no more held: "
    "read the history), `error` (`{code, title, status}`), `end` (`{reason}`: left, signed_out, closed, stopping)."
)


class StreamViewSet(ApiViewSet):
    """What happens in a group, while it happens."""

    authentication_classes = [BearerAuthentication, TicketAuthentication]
    parameters = {"stream": {"ticket", "last_event_id"}}

    @extend_schema(
        tags=["groups"],
        parameters=[
            OpenApiParameter(
                "last_event_id", str, description="As the header, for a first connection."
            ),
            OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER),
        ],
        responses={
            (200, events.CONTENT_TYPE): OpenApiResponse(OpenApiTypes.STR, EXPLANATION),
        },
    )
    def stream(self, request, id):
        """The group's messages as server-sent events, for its members.

        Served by the ASGI process only: elsewhere it is 421 `misdirected`.
        """
        last = request.headers.get("Last-Event-ID") or request.query_params.get("last_event_id")
        if last and len(last) > MAX_EVENT_ID:
            raise Problem(Code.bad_request, "Last-Event-ID is the id of an event of this stream.")
        session_id = request.auth["id"]
        lines = live.stream(
            user=request.user, session_id=session_id, group_id=id, last_event_id=last
        )
        events.refuse_elsewhere(request)
        return events.response(lines)
