"""The Accounts part of api.md."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import (
    codes,
    passwords,
    personal_data,
    profile,
    reminders,
    serializers,
    sessions,
    tickets,
)
from accounts.models import Session
from accounts.signing_in import sign_in
from doit_site.api.idempotency import idempotent
from doit_site.api.paging import Keyset
from doit_site.api.problems import Code, Problem
from doit_site.api.throttles import address
from doit_site.api.views import ApiViewSet


@extend_schema(tags=["auth"])
class SignInViewSet(ApiViewSet):
    """Sign-in by a code, and password reset: nobody is signed in yet."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(request=serializers.PhoneInput, responses={202: serializers.CodeSent})
    def otp(self, request):
        """Send a sign-in code by SMS."""
        data = self.validated(serializers.PhoneInput)
        return Response(codes.send(purpose=codes.SIGN_IN, **data), status=202)

    @extend_schema(request=serializers.PhoneCodeInput, responses=serializers.SignedInSerializer)
    def verify(self, request):
        """Exchange the code for a token; the first sign-in makes the account."""
        data = self.validated(serializers.PhoneCodeInput)
        device = request.headers.get("User-Agent", "")
        result = sign_in(**data, address=address(request), device=device)
        return Response(serializers.SignedInSerializer(result).data)

    @extend_schema(request=serializers.ResetInput, responses={202: None})
    def reset(self, request):
        """Mail a password reset; the answer is the same for every address."""
        passwords.request_reset(**self.validated(serializers.ResetInput))
        return Response(status=202)

    @extend_schema(request=serializers.ResetConfirmInput, responses={204: None})
    def reset_confirm(self, request):
        """Set a new password with the mailed token; all sessions end."""
        passwords.confirm_reset(**self.validated(serializers.ResetConfirmInput))
        return Response(status=204)


@extend_schema(tags=["auth"])
class SessionViewSet(ApiViewSet):
    """One's own sessions."""

    serializer_class = serializers.SessionSerializer

    def list(self, request):
        """Where one is signed in, newest first."""
        shape, current = serializers.SessionSerializer, request.auth["id"]
        index = "user_id_created_id_index"
        source = Keyset(
            Session, index, (request.user.pk,), shape.projection(), sessions.unexpired()
        )
        return self.page_of(
            source,
            lambda rows: [
                shape.represent(row) | {"is_current": row["id"] == current} for row in rows
            ],
        )

    @extend_schema(responses={204: None})
    def destroy(self, request, id):
        """End one session."""
        if not sessions.revoke(user_id=request.user.pk, session_id=id):
            raise Problem(Code.not_found)
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    def logout(self, request):
        """End this session."""
        sessions.revoke(user_id=request.user.pk, session_id=request.auth["id"])
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    def logout_all(self, request):
        """End every session."""
        sessions.revoke_all(user_id=request.user.pk)
        return Response(status=204)

    @extend_schema(request=None, responses=serializers.TicketSerializer)
    def ticket(self, request):
        """A ticket that opens one stream as `?ticket=`, where no header can be sent."""
        return Response(tickets.issue(session=request.auth))


@extend_schema(tags=["me"])
class MeViewSet(ApiViewSet):
    """One's own profile and data."""

    serializer_class = serializers.MeSerializer

    def retrieve(self, request):
        """One's own profile."""
        return Response(serializers.MeSerializer(request.user).data)

    def partial_update(self, request):
        """Change name, e-mail, time zone or preferences."""
        user = profile.update(user=request.user, **self.validated(partial=True))
        return Response(serializers.MeSerializer(user).data)

    @extend_schema(responses=serializers.RemindersSerializer)
    def reminders(self, request):
        """Whether and when one is reminded."""
        return Response(reminders.of_user(request.user))

    @extend_schema(
        request=serializers.RemindersSerializer, responses=serializers.RemindersSerializer
    )
    def set_reminders(self, request):
        """Turn reminders on or off, or change their times."""
        wishes = self.validated(serializers.RemindersSerializer)
        return Response(reminders.change(user=request.user, **wishes))

    @extend_schema(request=serializers.PhoneInput, responses={202: serializers.CodeSent})
    @idempotent(transaction=False)
    def phone(self, request):
        """Send a code to a new phone number."""
        sent = profile.send_phone_code(user=request.user, **self.validated(serializers.PhoneInput))
        return Response(sent, status=202)

    @extend_schema(request=serializers.PhoneCodeInput, responses=serializers.MeSerializer)
    @idempotent(transaction=False)
    def phone_verify(self, request):
        """Move the account to the new number."""
        data = self.validated(serializers.PhoneCodeInput)
        user = profile.change_phone(user=request.user, address=address(request), **data)
        return Response(serializers.MeSerializer(user).data)

    @extend_schema(request=serializers.CodeInput, responses={204: None})
    @idempotent(transaction=False)
    def erase(self, request):
        """Erase the account and all its data, with a fresh code from auth/otp/."""
        data = self.validated(serializers.CodeInput)
        personal_data.erase_with_code(user=request.user, address=address(request), **data)
        return Response(status=204)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def export(self, request):
        """All one's data as one JSON file."""
        headers = {"Content-Disposition": 'attachment; filename="doit-export.json"'}
        return Response(personal_data.export(request.user.pk), headers=headers)
