"""Routes that only tests have, beside those of the site: acts that fail, wait and count."""

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from doit_site.api.idempotency import Outdated, idempotent
from doit_site.api.problems import Code, Problem
from doit_site.api.serializers import StrictSerializer
from doit_site.api.views import ApiViewSet
from doit_site.models import IdempotencyKey
from doit_site.mongo.client import current_session, get_db


class Step(StrictSerializer):
    minutes = serializers.IntegerField(min_value=1)


class Form(StrictSerializer):
    steps = Step(many=True)
    options = serializers.DictField(child=serializers.IntegerField(), required=False)
    moment = serializers.DateTimeField(read_only=True)


def effect(name):
    """What an act leaves in the database, in the running transaction."""
    get_db()["effects"].insert_one({"name": name}, session=current_session())


@extend_schema(exclude=True)
class TestViewSet(ApiViewSet):
    serializer_class = Form

    def crash(self, request):
        raise RuntimeError("the secret of the implementation")

    def form(self, request):
        return Response(self.validated())

    @idempotent
    def act(self, request):
        effect(request.data.get("name"))
        return Response({"name": request.data.get("name")}, status=201)

    @idempotent
    def refused(self, request):
        effect("refused")
        raise Problem(Code.not_found)

    @idempotent
    def failing(self, request):
        """Fails, after its effect, until the effect `mended` is there."""
        effect("failing")
        if not get_db()["effects"].find_one({"name": "mended"}):
            raise Problem(Code[request.data["code"]])
        return Response(status=204)

    @idempotent
    def overtaken(self, request):
        """While it runs, another request takes its key over."""
        effect("overtaken")
        IdempotencyKey.objects.collection.update_many({}, {"$set": {"claim": "another"}})
        return Response(status=201)

    def act_twin(self, request):
        """The broken twin of `act`: it looks whether the key was used, acts, and notes it."""
        used = {"_id": request.headers["Idempotency-Key"]}
        if not get_db()["used_keys"].find_one(used):
            effect(request.data.get("name"))
            get_db()["used_keys"].replace_one(used, used, upsert=True)
        return Response({"name": request.data.get("name")}, status=201)

    @idempotent(transaction=False)
    def overtaken_twin(self, request):
        """The broken twin of `overtaken`: its effect does not share the key's transaction."""
        return self.overtaken.__wrapped__(self, request)

    @idempotent(prepares=True)
    def prepared(self, request):
        """Outdated until it was prepared `times` times."""
        get_db()["preparations"].insert_one({"in_transaction": current_session() is not None})
        prepared = get_db()["preparations"].count_documents({})

        def act():
            effect("prepared")
            if prepared < request.data["times"]:
                raise Outdated
            return Response({"in_transaction": current_session() is not None}, status=201)

        return act

    @idempotent(transaction=False)
    def outside(self, request):
        effect("outside")
        return Response({"done": True}, status=202)


view = TestViewSet.as_view

urlpatterns = [
    path("api/v1/tests/crash/", view({"get": "crash", "post": "crash"})),
    path("api/v1/tests/form/", view({"post": "form"})),
    path("api/v1/tests/act/", view({"post": "act"})),
    path("api/v1/tests/act-twin/", view({"post": "act_twin"})),
    path("api/v1/tests/other/", view({"post": "act"})),
    path("api/v1/tests/refused/", view({"post": "refused"})),
    path("api/v1/tests/failing/", view({"post": "failing"})),
    path("api/v1/tests/overtaken/", view({"post": "overtaken"})),
    path("api/v1/tests/overtaken-twin/", view({"post": "overtaken_twin"})),
    path("api/v1/tests/prepared/", view({"post": "prepared"})),
    path("api/v1/tests/outside/", view({"post": "outside"})),
    path("", include("doit_site.urls")),
]
