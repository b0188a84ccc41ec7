"""The Groups part of api.md."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from doit_site.api.idempotency import idempotent
from doit_site.api.paging import Keyset
from doit_site.api.views import ApiViewSet
from goals.coach.interface import CATEGORIES
from groups import listing, matching, membership, messages, moderation, mutes, serializers
from groups.models import Mute

KINDS = [
    OpenApiParameter("category", str, enum=CATEGORIES),
    OpenApiParameter("subcategory", str),
    OpenApiParameter("mine", bool, description="`true`: only groups that one is in."),
]


@extend_schema(tags=["groups"])
class GroupViewSet(ApiViewSet):
    """Groups, open to everybody signed in."""

    serializer_class = serializers.GroupSerializer
    parameters = {"list": {"category", "subcategory", "mine"}}

    @extend_schema(parameters=KINDS, responses=serializers.GroupSerializer(many=True))
    def list(self, request):
        """Groups, newest first."""
        source = listing.source(user=request.user, **request.query_params.dict())
        return self.page_of(source, lambda rows: listing.named(request.user, rows))

    def retrieve(self, request, id):
        """A group."""
        return Response(listing.one(user=request.user, group_id=id))

    @extend_schema(responses=serializers.CategoriesSerializer)
    def categories(self, request):
        """The categories, each with the subcategories that have groups."""
        return Response({"results": listing.categories()})

    @extend_schema(
        request=serializers.MatchInput,
        responses={200: serializers.GroupSerializer, 201: serializers.GroupSerializer},
    )
    @idempotent(transaction=False)
    def match(self, request):
        """Join the group that fits a goal, or open one."""
        wanted = self.validated(serializers.MatchInput)
        group_id, opened = matching.match(user=request.user, **wanted)
        group = listing.one(user=request.user, group_id=group_id)
        return self.created(group, "group", id=group_id) if opened else Response(group)

    @extend_schema(request=None, responses=serializers.GroupSerializer)
    @idempotent(transaction=False)
    def join(self, request, id):
        """Join a group."""
        membership.join(user=request.user, group_id=id)
        return Response(listing.one(user=request.user, group_id=id))

    @extend_schema(request=None, responses={204: None})
    @idempotent(transaction=False)
    def leave(self, request, id):
        """Leave a group; the pseudonym is kept for coming back."""
        membership.leave(user=request.user, group_id=id)
        return Response(status=204)


@extend_schema(tags=["groups"])
class GroupMessageViewSet(ApiViewSet):
    """The chat of a group, for its members."""

    serializer_class = serializers.GroupMessageSerializer

    @extend_schema(responses=serializers.GroupMessageSerializer(many=True))
    def list(self, request, id):
        """The chat, newest first."""
        return self.page_of(messages.History.of(user=request.user, group_id=id))

    @extend_schema(
        request=serializers.GroupMessageInput,
        responses={201: serializers.GroupMessageSerializer},
    )
    @idempotent
    def create(self, request, id):
        """Write to the group."""
        content = self.validated(serializers.GroupMessageInput)
        return Response(messages.send(user=request.user, group_id=id, **content), status=201)

    @extend_schema(request=serializers.ReportInput, responses={202: None})
    @idempotent(transaction=False)
    def report(self, request, id, message_id):
        """Report a message to the moderators."""
        reason = self.validated(serializers.ReportInput)
        moderation.report(user=request.user, group_id=id, message_id=message_id, **reason)
        return Response(status=202)


@extend_schema(tags=["groups"])
class MuteViewSet(ApiViewSet):
    """Whom one does not want to meet in a group."""

    serializer_class = serializers.MuteSerializer

    def list(self, request, id):
        """One's mutes in a group, newest first."""
        listing.one(user=request.user, group_id=id)
        index, mine = "user_group_created_id_index", (request.user.pk, id)
        shape = serializers.MuteSerializer
        source = Keyset(Mute, index, mine, shape.projection())
        return self.page_of(source, lambda rows: [_mute(row) for row in rows])

    @extend_schema(responses={201: serializers.MuteSerializer})
    @idempotent(transaction=False)
    def create(self, request, id):
        """Mute a member: neither sees the other's messages again."""
        return Response(_mute(mutes.mute(user=request.user, group_id=id, **self.validated())), 201)

    @extend_schema(responses={204: None})
    def destroy(self, request, id, username):
        """End a mute."""
        mutes.unmute(user=request.user, group_id=id, username=username)
        return Response(status=204)


def _mute(row):
    shown = serializers.MuteSerializer.represent(row)
    return {name: shown[name] for name in ("username", "created_at")}
