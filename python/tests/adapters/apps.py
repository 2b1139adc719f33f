"""The two receivers in each framework: `plain` at /webhooks/yuno and at the fixed paths, `keeping` at /keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yuno_webhooks import asgi, wsgi

from . import shop

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLAIN = "/webhooks/yuno"
KEEPING = "/keeping"


def make_asgi() -> Any:
    plain = asgi.app(shop.plain, path=PLAIN, fixed_paths=True)
    keeping = asgi.app(shop.keeping)

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        await (keeping if scope.get("path") == KEEPING else plain)(scope, receive, send)

    return serve


def make_wsgi() -> WSGIApplication:
    plain = wsgi.app(shop.plain, path=PLAIN, fixed_paths=True)
    keeping = wsgi.app(shop.keeping)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        return (keeping if environ["PATH_INFO"] == KEEPING else plain)(environ, start_response)

    return serve


def make_fastapi() -> Any:
    from fastapi import FastAPI

    from yuno_webhooks import fastapi

    app = FastAPI()
    app.include_router(fastapi.router(shop.plain, PLAIN, fixed_paths=True))
    app.include_router(fastapi.router(shop.keeping, KEEPING))
    return app


def make_starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount, Route

    from yuno_webhooks import FIXED_PATHS

    plain = asgi.app(shop.plain)
    paths = [Route(path, plain) for path in (PLAIN, *FIXED_PATHS)]
    # Below a mount the app sees its own path only.
    return Starlette(
        routes=[*paths, Mount("/mounted", asgi.app(shop.plain, path="/yuno")), Route(KEEPING, asgi.app(shop.keeping))]
    )


def make_flask() -> WSGIApplication:
    from flask import Flask

    from yuno_webhooks import flask

    app = Flask("shop")
    app.register_blueprint(flask.blueprint(shop.plain, PLAIN, fixed_paths=True))
    app.register_blueprint(flask.blueprint(shop.keeping, KEEPING, name="keeping"))
    return app


def make_fastapi_delivery() -> Any:
    from .fastapi_views import app

    return app


def make_flask_verified() -> WSGIApplication:
    from flask import Flask, request

    from yuno_webhooks import Event
    from yuno_webhooks.flask import verified

    app = Flask("shop")

    @app.before_request
    def parse() -> None:
        if request.path.startswith("/parsed"):
            request.get_json(silent=True)

    @app.post("/webhooks/yuno")
    @verified(shop.verifier)
    def take(event: Event) -> dict[str, str]:
        return {"kind": event.kind}

    @app.post("/async")
    @verified(shop.verifier)
    async def take_async(event: Event) -> dict[str, str]:
        return {"kind": event.kind}

    @app.post("/parsed/<tenant>")
    @verified(shop.verifier)
    def take_parsed(event: Event, tenant: str) -> dict[str, str]:
        return {"kind": event.kind, "tenant": tenant, "view": request.endpoint or ""}

    return app


def set_up_django(urlpatterns: list[Any], **more: Any) -> None:
    from types import ModuleType

    import django
    from django.conf import settings

    urlconf: Any = ModuleType("shop_urls")
    urlconf.urlpatterns = urlpatterns
    settings.configure(
        ROOT_URLCONF=urlconf,
        SECRET_KEY="for-tests",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
        YUNO_WEBHOOKS={"RECEIVER": f"{shop.__name__}.plain"},
        **more,
    )
    django.setup()


def make_django() -> WSGIApplication:
    from django.core.wsgi import get_wsgi_application

    from yuno_webhooks.django import urls

    set_up_django([*urls(shop.plain, fixed_paths=True), *urls(shop.keeping, KEEPING)])
    return get_wsgi_application()


def make_django_by_settings() -> WSGIApplication:
    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    from yuno_webhooks import FIXED_PATHS
    from yuno_webhooks.django import view, webhook

    paths = [path(each.lstrip("/"), webhook) for each in (PLAIN, *FIXED_PATHS)]
    set_up_django([*paths, path(KEEPING.lstrip("/"), view(shop.keeping))])
    return get_wsgi_application()


def make_django_atomic() -> WSGIApplication:
    """A shop whose requests are transactions: it writes each event down, and then a capture fails."""
    from django import db
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from yuno_webhooks import Event
    from yuno_webhooks.django import urls
    from yuno_webhooks.receiver import Receiver

    connection: Any = db.connection

    def write(event: Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO event VALUES (%s)", [event.dedupe_key])
        if event.kind == "payment.capture":
            raise RuntimeError("no stock")

    def count(_request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM event")
            return HttpResponse(str(cursor.fetchone()[0]))

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db", "ATOMIC_REQUESTS": True}
    receiver = Receiver(shop.verifier, fallback=write)
    set_up_django([*urls(receiver), path("count", count)], DATABASES={"default": database})
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE event (key TEXT)")
    return get_wsgi_application()


def make_django_asgi() -> Any:
    from django.core.asgi import get_asgi_application
    from django.urls import path

    from yuno_webhooks.django import async_view, urls

    set_up_django([*urls(shop.plain, fixed_paths=True), path(KEEPING.lstrip("/"), async_view(shop.keeping))])
    return get_asgi_application()


def make_aiohttp() -> Any:
    from aiohttp import web

    from yuno_webhooks import FIXED_PATHS
    from yuno_webhooks.receiver import Receiver

    def take_with(receiver: Receiver) -> Any:
        # As in python/README.md.
        async def take(request: web.Request) -> web.Response:
            fields = request.headers
            reply = receiver.admit(
                content_length=fields.get("content-length"), content_encoding=fields.get("content-encoding")
            )
            if reply is None:
                reply = await receiver.areceive(await request.read(), request.headers)
            return web.Response(status=reply.status, body=reply.body, content_type="application/json")

        return take

    app = web.Application(client_max_size=shop.plain.max_body_bytes + 1)
    for path in (PLAIN, *FIXED_PATHS):
        app.router.add_post(path, take_with(shop.plain))
    app.router.add_post(KEEPING, take_with(shop.keeping))
    return app
