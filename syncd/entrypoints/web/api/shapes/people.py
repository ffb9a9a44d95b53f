"""Providers, clients, users, tokens and feeds."""

from typing import Annotated, Literal

from pydantic import Field

from syncd.core.access.accounts import TokenScope
from syncd.entrypoints.web.api.shapes import ClientId, MomentText, Next, ProviderId, Shape, changes_example, example
from syncd.entrypoints.web.api.values import LEFT_OUT, Changes, Given, Note, Number, Ref, Text, Truth

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["Dana Doe"])]
Email = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[!-~]+@[!-~]+$", examples=["dana@example.com"])]
Zone = Annotated[str, Field(max_length=60, description="IANA time zone", examples=["America/New_York"])]
Language = Annotated[str, Field(max_length=35, description="language tag", examples=["en-US"])]
Hours = Annotated[Number, Field(ge=0, le=8760)]
Fee = Annotated[str, Field(max_length=40, description="what a late cancellation costs", examples=["75.00 USD"])]
Address = Annotated[str, Field(max_length=2000, examples=["https://book.example.com/dana"])]


class Provider(Shape):
    """A person who holds sessions."""

    model_config = example(
        id="prv-4h8d2n6c1w",
        name="Dana Doe",
        email="dana@example.com",
        timezone="America/New_York",
        booking_url=None,
        late_notice_hours=24,
        late_fee="75.00 USD",
        active=True,
        language=None,
    )

    id: ProviderId
    name: str
    email: str
    timezone: str
    booking_url: str | None
    late_notice_hours: int | None
    late_fee: str | None
    active: bool
    language: str | None


class Client(Shape):
    """A person who comes to sessions."""

    id: ClientId
    name: str
    email: str
    timezone: str | None
    active: bool
    language: str | None


class Providers(Shape):
    """A part of the list of providers, by name."""

    providers: list[Provider]
    next: Next


class Clients(Shape):
    """A part of the list of clients, by name."""

    clients: list[Client]
    next: Next


class DeactivatedProvider(Provider):
    """A provider who was deactivated, and the appointments that were cancelled for it."""

    cancelled: list[str]


class DeactivatedClient(Client):
    """A client who was deactivated, and the appointments that were cancelled for it."""

    cancelled: list[str]


class NewProvider(Given):
    """A provider to be added."""

    model_config = example(name="Dana Doe", email="dana@example.com", timezone="America/New_York")

    name: Name
    email: Email
    timezone: Zone
    booking_url: Address | None = None
    late_notice_hours: Hours | None = None
    late_fee: Fee | None = None
    language: Language | None = None


class ProviderChanges(Changes):
    """What is to change of a provider; null takes a value away that may be left out."""

    model_config = changes_example(email="dana.doe@example.com", late_fee=None)

    name: Name = Field(default=LEFT_OUT)
    email: Email = Field(default=LEFT_OUT)
    timezone: Zone = Field(default=LEFT_OUT)
    booking_url: Address | None = None
    late_notice_hours: Hours | None = None
    late_fee: Fee | None = None
    language: Language | None = None


class NewClient(Given):
    """A client to be added; without a zone, mails give the provider's time."""

    model_config = example(name="Robin Roe", email="robin@example.org")

    name: Name
    email: Email
    timezone: Zone | None = None
    language: Language | None = None


class ClientChanges(Changes):
    """What is to change of a client; null takes a value away that may be left out."""

    model_config = changes_example(name="Robin Roe-Smith")

    name: Name = Field(default=LEFT_OUT)
    email: Email = Field(default=LEFT_OUT)
    timezone: Zone | None = None
    language: Language | None = None


class Deactivation(Given):
    """What becomes of appointments to come: without ``cancel_appointments`` they are a reason to refuse."""

    cancel_appointments: Truth = False
    reason: Annotated[str | None, Field(max_length=60, description="why; left out: the usual one")] = None
    note: Note = ""
    message: Note = ""


class Feed(Shape):
    """A provider's calendar at a secret address; ``url`` is null once it was revoked."""

    provider: ProviderId
    url: str | None
    made_at: MomentText
    fetched_at: MomentText | None
    fetched_by: str | None


class User(Shape):
    """One who may sign in."""

    id: Annotated[str, Field(examples=["usr-1c5v9k3m7p"])]
    name: str
    email: str
    role: Literal["admin", "reviewer", "provider"]
    provider: ProviderId | None
    active: bool
    has_password: bool
    last_seen_at: MomentText | None


class Users(Shape):
    """All users, by name."""

    users: list[User]


class InvitedUser(User):
    """A user, and the link by which a password is chosen once, within a day."""

    url: str


class NewUser(Given):
    """A user to be added; a provider's account has the address of the provider's record."""

    model_config = example(name="Ana Admin", email="ana@example.com", role="admin")

    name: Name
    email: Email
    role: Literal["admin", "reviewer", "provider"]


class Token(Shape):
    """A token for programs; of its text only the last four characters are known."""

    id: Annotated[str, Field(examples=["tok-3n7q1s5w9y"])]
    user: str
    scope: TokenScope
    last4: str
    note: str
    created_at: MomentText
    expires_at: MomentText
    revoked_at: MomentText | None
    used_at: MomentText | None


class Tokens(Shape):
    """All tokens, the newest first."""

    tokens: list[Token]


class NewToken(Given):
    """A token to be made: whose rights it has, what it may be used for, and for how many days."""

    model_config = example(user="ana@example.com", scope="claims", days=90, note="billing")

    user: Ref
    scope: TokenScope
    days: Annotated[Number, Field(ge=1, le=366)] = 90
    note: Text = ""


class IssuedToken(Token):
    """A token with its text, which is shown this once."""

    token: str
