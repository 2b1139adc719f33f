"""Endpoints of FastAPI that depend on a delivery. At the top of a module, where FastAPI looks annotations up."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from yuno_webhooks import Event
from yuno_webhooks.fastapi import delivery

from . import shop

Delivery = Annotated[Event, Depends(delivery(shop.verifier))]
app = FastAPI()


@app.post("/webhooks/yuno")
async def take(event: Delivery) -> dict[str, str]:
    return {"kind": event.kind}


@app.post("/parsed")
async def take_parsed(data: dict[str, Any], request: Request, event: Delivery) -> dict[str, bool]:
    return {"same": event.raw == await request.body() and "type" in data}
