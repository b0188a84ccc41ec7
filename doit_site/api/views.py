"""The base of every view under /api/v1/."""

from typing import Any

from rest_framework import viewsets
from rest_framework.response import Response
from rest_framework.reverse import reverse

from doit_site.api.paging import Pages
from doit_site.api.problems import Code, Problem, escape


class ApiViewSet(viewsets.GenericViewSet):
    """A viewset of at most ten lines a method: who may, what shape, which act.

    `parameters` names the query parameters of an action beside those of its paging;
    any other one is refused. `paged` names the actions that answer a list.
    """

    request: Any  # DRF's Request; its `user` is accounts.models.User where one is signed in
    # Without OPTIONS: OpenAPI says what DRF would, and CORS has a middleware.
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    pagination_class = Pages
    lookup_value_regex = "[^/]{1,64}"
    parameters: dict[str, set[str]] = {}
    paged: frozenset[str] = frozenset({"list"})

    @property
    def default_response_headers(self):
        return {}  # `Allow` belongs to a 405: doit_site.api.problems

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self._refuse_unknown_parameters(request)

    # What DRF makes anew for each request, although nothing in them is of a request: 10 us.

    def get_content_negotiator(self):
        return _one_of(self.content_negotiation_class)

    def get_parsers(self):
        return [_one_of(parser) for parser in self.parser_classes]

    def get_renderers(self):
        return [_one_of(renderer) for renderer in self.renderer_classes]

    def get_authenticators(self):
        return [_one_of(authenticator) for authenticator in self.authentication_classes]

    def get_permissions(self):
        return [_one_of(permission) for permission in self.permission_classes]

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(response, Response):
            response.add_post_render_callback(_let_go)
        return response

    def _refuse_unknown_parameters(self, request):
        if not request.query_params or self.action is None:
            return
        known = self.parameters.get(self.action, set())
        if self.action in self.paged:
            known = known | {"limit", "cursor"}
        for name in request.query_params:
            if name not in known:
                detail = f"There is no query parameter {name[:100]!r} here."
                row = {
                    "pointer": f"/{escape(name[:100])}",
                    "code": "unknown_parameter",
                    "detail": detail,
                }
                raise Problem(Code.unknown_parameter, detail, errors=[row])

    def validated(self, serializer_class=None, **kwargs):
        """The body's values, or the 400 that says where it is wrong."""
        serializer = (serializer_class or self.get_serializer_class())(
            data=self.request.data, context=self.get_serializer_context(), **kwargs
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def page_of(self, source, represent=None):
        """The page of `source` that the request asks for; `represent` takes its rows, a list."""
        pages = Pages()
        rows = pages.read(self.request, source)
        return pages.get_paginated_response(represent(rows) if represent else rows)

    def created(self, body, view_name=None, **kwargs):
        """A 201, with the Location of what was made where it has one."""
        headers = {}
        if view_name:
            headers["Location"] = reverse(view_name, kwargs=kwargs, request=self.request)
        return Response(body, status=201, headers=headers)


_made: dict[Any, Any] = {}


def _one_of(kind):
    if kind not in _made:
        _made[kind] = kind()
    return _made[kind]


def _let_go(response):
    """Break the circles of view, request and response once the answer is rendered.

    Left to the garbage collector they keep the whole answer: it took 10 % of a request's time,
    and every hundredth waited 50 ms for it (docs/decisions.md, 37).
    """
    context, response.renderer_context = response.renderer_context, {}
    context["request"].parser_context = {}
    vars(context["view"]).clear()
