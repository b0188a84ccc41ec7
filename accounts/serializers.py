"""Shapes of the Accounts part of api.md."""

from rest_framework import serializers

from accounts import phones
from accounts.calendar import zones
from accounts.embedded import Preferences
from accounts.models import Session
from accounts.profile import effective_from
from accounts.wall_times import PATTERN
from doit_site import clock
from doit_site.api.serializers import DocumentSerializer, StrictSerializer, UTCDateTimeField


class PhoneNumberField(serializers.CharField):
    """Formatting is stripped; 10 to 15 digits remain."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 40, "help_text": "International number.", **kwargs})

    def to_internal_value(self, data):
        text = super().to_internal_value(data)
        try:
            return phones.normalise(text)
        except ValueError as error:
            raise serializers.ValidationError(str(error), "invalid_phone_number") from error


class CodeField(serializers.RegexField):
    def __init__(self, **kwargs):
        super().__init__(
            r"^[0-9]{6}$",
            **{"error_messages": {"invalid": "A code has six digits."}, **kwargs},
        )


class PhoneInput(StrictSerializer):
    phone_number = PhoneNumberField()


class PhoneCodeInput(PhoneInput):
    code = CodeField()


class CodeInput(StrictSerializer):
    code = CodeField()


class CodeSent(StrictSerializer):
    expires_in = serializers.IntegerField(help_text="Seconds the code is good for.")
    resend_in = serializers.IntegerField(help_text="Seconds until another may be asked for.")


class ResetInput(StrictSerializer):
    email = serializers.EmailField(max_length=254)


class ResetConfirmInput(StrictSerializer):
    token = serializers.CharField(max_length=100)
    new_password = serializers.CharField(max_length=128, trim_whitespace=False)


class PreferencesSerializer(StrictSerializer):
    notifications = serializers.BooleanField(required=False)
    theme = serializers.ChoiceField(["system", "light", "dark"], required=False)
    language = serializers.RegexField(
        r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        required=False,
        error_messages={"invalid": "A language tag like en or pt-BR."},
    )


class MeSerializer(StrictSerializer):
    """One's own profile. `time_zone` is the chosen one; `time_zone_from` the first day it
    counts where it does not yet."""

    id = serializers.CharField(read_only=True)
    phone_number = serializers.CharField(read_only=True)
    created_at = UTCDateTimeField(read_only=True)
    status = serializers.CharField(read_only=True)
    name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    email = serializers.EmailField(max_length=254, allow_null=True, required=False)
    time_zone = serializers.CharField(max_length=64, required=False, help_text="IANA name.")
    time_zone_from = serializers.SerializerMethodField()
    preferences = PreferencesSerializer(required=False)

    def validate_time_zone(self, value):
        if value not in zones():
            raise serializers.ValidationError(
                "Not a time zone of the IANA database, like Europe/Berlin.", "invalid_time_zone"
            )
        return value

    def get_time_zone_from(self, user) -> str | None:
        pending = effective_from(user, clock.now())
        return pending[1].isoformat() if pending else None

    def to_representation(self, user):
        if user.preferences is None:
            user.preferences = Preferences()
        return super().to_representation(user)


class WallTimeField(serializers.RegexField):
    def __init__(self, **kwargs):
        super().__init__(
            PATTERN,
            **{"error_messages": {"invalid": "A time of day, 00:00 to 23:59."}, **kwargs},
        )


class RemindersSerializer(StrictSerializer):
    """Times are those of the person's time zone. What a body leaves out stays as it is."""

    enabled = serializers.BooleanField()
    time = WallTimeField(required=False, help_text="When to remind of what is due today.")
    quiet_from = WallTimeField(required=False, help_text="From then on nothing is sent,")
    quiet_to = WallTimeField(required=False, help_text="until then; equal: no quiet hours.")
    weekly = serializers.BooleanField(
        required=False, help_text="Whether the first reminder of a week sums up the last one."
    )


class SignedInSerializer(StrictSerializer):
    token = serializers.CharField()
    expires_at = UTCDateTimeField()
    created = serializers.BooleanField(help_text="Whether this sign-in made the account.")
    user = MeSerializer()


class TicketSerializer(StrictSerializer):
    ticket = serializers.CharField(help_text="Good for one `*/stream/`.")
    expires_in = serializers.IntegerField(help_text="Seconds the ticket is good for.")


class SessionSerializer(DocumentSerializer):
    model = Session
    computed = ("is_current",)

    id = serializers.CharField(read_only=True)
    device = serializers.CharField(read_only=True)
    created_at = UTCDateTimeField(read_only=True)
    last_used_at = UTCDateTimeField(read_only=True)
    expires_at = UTCDateTimeField(read_only=True)
    is_current = serializers.BooleanField(read_only=True)
