"""Providers and clients: list, look up, add, change, deactivate; and the secret addresses of providers' feeds."""

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.scheduling.money import parse_money
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.entrypoints.web.api.answering import listed, part_of, shown
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer, as_if_none
from syncd.entrypoints.web.api.route import PREFIX, router
from syncd.entrypoints.web.api.shapes import people as people_shapes
from syncd.entrypoints.web.api.values import REF, Paged
from syncd.presentation.documents.feeds import feed_document
from syncd.presentation.documents.people import client_document, person_document, provider_document
from syncd.services.feeds.addresses import Address
from syncd.services.scheduling import people as service
from syncd.services.scheduling.deactivating import Deactivate, PersonKind, activate, deactivate

routes = router("people")
_USUAL_REASON = {PersonKind.PROVIDER: "provider_unavailable", PersonKind.CLIENT: "care_ended"}


class Searched(Paged):
    """Which people."""

    search: Annotated[str | None, Field(max_length=100, description="in the name, the address or the id")] = None


@routes.get("/providers", response_model=people_shapes.Providers)
def list_providers(caller: Reader, asked: Annotated[Searched, Query()]) -> Response:
    """List providers by name. A provider sees the own record alone."""
    with caller.system.store.reading() as tx:
        if caller.scope is not None:
            own = provider_document(tx.providers.get(caller.scope))
            return shown({"providers": [own], "next": None})
        return listed("providers", tx.lists.providers(asked.search, part_of(asked)), provider_document)


@routes.post("/providers", response_model=people_shapes.Provider, status_code=201)
def add_provider(caller: Writer, new: people_shapes.NewProvider) -> Response:
    """Add a provider."""
    values = new.model_dump() | {"late_fee": parse_money(new.late_fee) if new.late_fee else None}
    provider = service.add_provider(caller.system.store, caller.principal, caller.now, **values)
    return shown(provider_document(provider), 201, location=f"{PREFIX}/providers/{provider.id}")


@routes.get("/providers/{ref}", response_model=people_shapes.Provider)
def show_provider(caller: Reader, ref: REF) -> Response:
    """Show a provider."""
    return shown(provider_document(_provider(caller, ref)))


@routes.patch("/providers/{ref}", response_model=people_shapes.Provider)
def edit_provider(caller: Writer, ref: REF, changes: people_shapes.ProviderChanges) -> Response:
    """Change what is on record of a provider; their events follow."""
    values = changes.given()
    if "late_fee" in values:
        values["late_fee"] = parse_money(values["late_fee"])
    changed = service.edit_provider(
        caller.system.store,
        caller.principal,
        caller.now,
        _seen(caller, ref),
        **values,
        clear=changes.cleared(),
        on_moved=caller.system.inviter.follow,
    )
    return shown(provider_document(changed))


@routes.post("/providers/{ref}/deactivate", response_model=people_shapes.DeactivatedProvider)
def deactivate_provider(caller: Writer, ref: REF, asked: people_shapes.Deactivation) -> Response:
    """Let nobody book a provider any more; what has been stays on record."""
    return _deactivated(caller, PersonKind.PROVIDER, _seen(caller, ref), asked)


@routes.post("/providers/{ref}/activate", response_model=people_shapes.Provider)
def activate_provider(caller: Writer, ref: REF) -> Response:
    """Let a provider be booked again."""
    return _activated(caller, PersonKind.PROVIDER, _seen(caller, ref))


@routes.post("/providers/{ref}/feed", response_model=people_shapes.Feed)
def show_feed(caller: Writer, ref: REF) -> Response:
    """Show the secret address of a provider's feed; the first time it is made."""
    provider = _provider(caller, ref).id
    return _feed(caller, caller.system.feed_addresses.show(provider, caller.principal, caller.now))


@routes.post("/providers/{ref}/feed/rotate", response_model=people_shapes.Feed)
def rotate_feed(caller: Writer, ref: REF) -> Response:
    """Make a new address; the old one opens nothing from now on."""
    provider = _provider(caller, ref).id
    caller.require_fresh()
    return _feed(caller, caller.system.feed_addresses.rotate(provider, caller.principal, caller.now))


@routes.delete("/providers/{ref}/feed", response_model=people_shapes.Feed)
def revoke_feed(caller: Writer, ref: REF) -> Response:
    """Take the address away: nothing is served there until a new one is made."""
    provider = _provider(caller, ref).id
    caller.require_fresh()
    return _feed(caller, caller.system.feed_addresses.revoke(provider, caller.principal, caller.now))


@routes.get("/clients", response_model=people_shapes.Clients)
def list_clients(caller: Reader, asked: Annotated[Searched, Query()]) -> Response:
    """List clients by name."""
    caller.require(Permission.READ_PRACTICE)
    with caller.system.store.reading() as tx:
        return listed("clients", tx.lists.clients(asked.search, part_of(asked)), client_document)


@routes.post("/clients", response_model=people_shapes.Client, status_code=201)
def add_client(caller: Writer, new: people_shapes.NewClient) -> Response:
    """Add a client."""
    client = service.add_client(caller.system.store, caller.principal, caller.now, **new.model_dump())
    return shown(client_document(client), 201, location=f"{PREFIX}/clients/{client.id}")


@routes.get("/clients/{ref}", response_model=people_shapes.Client)
def show_client(caller: Reader, ref: REF) -> Response:
    """Show a client."""
    caller.require(Permission.READ_PRACTICE)
    return shown(client_document(_client(caller, ref)))


@routes.patch("/clients/{ref}", response_model=people_shapes.Client)
def edit_client(caller: Writer, ref: REF, changes: people_shapes.ClientChanges) -> Response:
    """Change what is on record of a client; the events that show them follow."""
    changed = service.edit_client(
        caller.system.store,
        caller.principal,
        caller.now,
        ref,
        **changes.given(),
        clear=changes.cleared(),
        on_moved=caller.system.inviter.follow,
    )
    return shown(client_document(changed))


@routes.post("/clients/{ref}/deactivate", response_model=people_shapes.DeactivatedClient)
def deactivate_client(caller: Writer, ref: REF, asked: people_shapes.Deactivation) -> Response:
    """Let nobody book a client any more; what has been stays on record."""
    return _deactivated(caller, PersonKind.CLIENT, ref, asked)


@routes.post("/clients/{ref}/activate", response_model=people_shapes.Client)
def activate_client(caller: Writer, ref: REF) -> Response:
    """Let a client be booked again."""
    return _activated(caller, PersonKind.CLIENT, ref)


def _provider(caller: Caller, ref: str) -> Provider:
    """Return a provider whom the caller sees. Raises `NotFoundError`, in the same words for one that is another's."""
    with caller.system.store.reading() as tx, as_if_none(f"No provider {ref!r}."):
        found = tx.providers.get(ref)
        caller.check_sees(found.id)
    return found


def _seen(caller: Caller, ref: str) -> str:
    """Return the id of a provider about whom the practice alone decides; another's is as if there were none."""
    found = _provider(caller, ref).id
    caller.require(Permission.MANAGE_PEOPLE)
    return found


def _client(caller: Caller, ref: str) -> Client:
    with caller.system.store.reading() as tx:
        return tx.clients.get(ref)


def _deactivated(caller: Caller, kind: PersonKind, ref: str, asked: people_shapes.Deactivation) -> Response:
    reason = asked.reason or _USUAL_REASON[kind]
    wanted = Deactivate(
        kind=kind,
        ref=ref,
        cancel_for=reason if asked.cancel_appointments else None,
        note=asked.note,
        message=asked.message,
    )
    with caller.system.store.transaction() as tx:
        gone = deactivate(tx, wanted, caller.terms(Party.ADMIN))
    return shown({**person_document(gone.person), "cancelled": list(gone.cancelled)})


def _activated(caller: Caller, kind: PersonKind, ref: str) -> Response:
    with caller.system.store.transaction() as tx:
        document: dict[str, Any] = person_document(activate(tx, kind, ref, caller.terms(Party.ADMIN)))
    return shown(document)


def _feed(caller: Caller, address: Address) -> Response:
    return shown(feed_document(address, caller.system.settings.web.address))
