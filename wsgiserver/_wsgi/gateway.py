# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Runs the application for a request and answers where it can't."""

from __future__ import annotations

from collections.abc import Iterable
import datetime
from email import utils
import logging
import os
import threading
import time
import traceback
from typing import Any

from oslo_context import context
from wsgiserver._config import settings as config_settings
from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver._log import access
from wsgiserver._log import escaping
from wsgiserver._log import request_identity
from wsgiserver import _metrics
from wsgiserver._process import forks
from wsgiserver._wsgi import body as wsgi_body
from wsgiserver._wsgi import channel as wsgi_channel
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver._wsgi import response as wsgi_response
from wsgiserver._wsgi import types as wsgi_types
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.application')

# Each request comes by these.
_KEEP_ALIVE = wsgi_outcome.KEEP_ALIVE
_CLOSE = wsgi_outcome.CLOSE


class CommonFields:
    """The header fields that all responses share.

    :param server: the value of Server; empty for none.
    """

    def __init__(self, server: str) -> None:
        self._server = f'Server: {server}\r\n' if server else ''
        # Until when they are true, and from when on.
        self._next = 0.0
        self._second = 0
        self._date = ''
        self._both = ''

    def lines(self, has_date: bool, has_server: bool) -> str:
        """Make the lines that the application left out.

        :param has_date: whether it set Date.
        :param has_server: whether it set Server.
        :returns: the lines; Date is made anew once a second (RFC 9110,
            section 6.6.1).
        """
        if not self._second <= time.time() < self._next:
            self._renew(int(time.time()))
        if not (has_date or has_server):
            return self._both
        lines = '' if has_date else self._date
        return lines if has_server else lines + self._server

    def _renew(self, second: int) -> None:
        date = utils.format_datetime(
            datetime.datetime.fromtimestamp(second, datetime.UTC), usegmt=True
        )
        self._date = f'Date: {date}\r\n'
        self._both = self._date + self._server
        self._second = second
        self._next = second + 1.0


class Gateway:
    """Everything about running requests that doesn't change between them.

    :param app: the WSGI application.
    :param settings: the settings in force.
    :param access_log: where a line for each request goes.
    """

    def __init__(
        self,
        app: wsgi_types.Application,
        settings: config_settings.Settings,
        access_log: access.AccessLog,
    ) -> None:
        self.app = app
        self.settings = settings
        self.access_log = access_log
        #: What is told of each request, and of what else happens.
        self.meter = _metrics.Meter()
        self._common = CommonFields(settings.server_header).lines

    def handle(
        self,
        channel: wsgi_channel.Channel,
        head: http_head.RequestHead,
        base: wsgi_environ.Environ,
        store: dict[str, Any],
    ) -> wsgi_outcome.Outcome:
        """Answer one request.

        :param channel: the connection; its ``skip`` is set where it is kept.
        :param head: the request head.
        :param base: the environ that all requests of the listener share.
        :param store: the worker's own, see :func:`context_store`.
        :returns: what is to be done with the connection.
        :raises RequestTimeout: if it came when the application was done.
        """
        keep_alive = self.settings.wsgi_keep_alive and head.framing.keep_alive
        body: wsgi_body.Body = wsgi_body.NO_BODY
        if head.framing.body_length != 0:
            body = wsgi_body.body_of(channel, head, self.settings)
        response = wsgi_response.Response(
            channel, head, body, self._common, keep_alive
        )
        environ = wsgi_environ.build(base, head, channel)
        environ['wsgi.input'] = body.stream()
        # An application may put another one in its place.
        written = environ['wsgi.errors']
        channel.environ = environ
        outcome = self._run(channel, head, environ, response, store)
        if written.unfinished:
            written.flush()
        log = self.access_log
        # What an attribute is bound to is called faster by a name of its own.
        is_enabled_for = log.is_enabled_for
        has_line = is_enabled_for(log.levels[response.code // 100])
        if has_line or self.meter.is_on:
            now = time.monotonic()
            received = 0 if body is wsgi_body.NO_BODY else channel.received
            self.meter.request(head, received, response, channel.began, now)
            if has_line:
                exchange = access.Exchange(channel, response.code, head)
                exchange.received, exchange.ended = received, now
                self._write_line(channel, response, exchange, store)
        response.over = True
        if body is not wsgi_body.NO_BODY:
            return _end_body(body, channel, response, outcome)
        if outcome is _KEEP_ALIVE and not response.keep_alive:
            return _CLOSE
        return outcome

    def _write_line(
        self,
        channel: wsgi_channel.Channel,
        response: wsgi_response.Response,
        exchange: access.Exchange,
        store: dict[str, Any],
    ) -> None:
        """Write the line of a request to the access log."""
        exchange.response = response
        exchange.context = store.get('context')
        exchange.began = channel.began
        exchange.waited = channel.waited
        exchange.environ = channel.environ or {}
        exchange.thread_name = getattr(channel.worker, 'thread_name', None)
        self.access_log.write(exchange)

    def _run(
        self,
        channel: wsgi_channel.Channel,
        head: http_head.RequestHead,
        environ: wsgi_environ.Environ,
        response: wsgi_response.Response,
        store: dict[str, Any],
    ) -> wsgi_outcome.Outcome:
        """Run the application.

        :returns: ``ABORT`` or ``DISCONNECTED``; ``KEEP_ALIVE`` if the
            response is whole.
        """
        # Workers are used again and again: a line that is logged before the
        # application has made a context, or without one, would carry the
        # request id and the user of somebody else.
        store.pop('context', None)
        app = self.app
        try:
            result = app(environ, response.start_response)
            try:
                response.send_result(result)
            finally:
                if type(result) is not list:
                    _close(result)
        except exceptions.ClientDisconnected as error:
            forks.end_child()
            line, peer = head.request_line, channel.peer[0]
            LOG.info('%s left during %r: %s', peer, line, error)
            if response.complete:
                return _KEEP_ALIVE
            return wsgi_outcome.DISCONNECTED
        except exceptions.RequestBodyError as error:
            LOG.info('The body of %r: %s', head.request_line, error)
            status, reason = error.status, error.reason
        except exceptions.RequestTimeout as error:
            # The engine, which threw it, has logged where.
            status, reason = '503 Service Unavailable', str(error)
        except BaseException as error:
            # sys.exit() in an application must not take a worker away, and
            # eventlet's time-outs are no Exceptions either.
            forks.end_child(error)
            if is_interrupt(error):
                raise
            status = '500 Internal Server Error'
            reason = self._failed(head, environ, store, error)
        else:
            return _KEEP_ALIVE
        identity = request_identity.Identity(environ, store.get('context'))
        return _answer(response, status, reason, identity)

    def _failed(
        self,
        head: http_head.RequestHead,
        environ: wsgi_environ.Environ,
        store: dict[str, Any],
        error: BaseException,
    ) -> str:
        """Log a failure of the application; tell what the client reads."""
        LOG.error(
            'The application failed on %r, request id %s',
            head.request_line,
            request_identity.Identity(environ, store.get('context')),
            exc_info=escaping.exception(error),
        )
        if self.settings.wsgi_server_debug:
            return ''.join(traceback.format_exception(error))
        return 'the application failed'

    def refusal(self, error: errors.ProtocolError) -> bytes:
        """Write the answer to a request that is not run.

        :param error: why.
        :returns: the whole response; the connection must be closed then.
        """
        headers, content = error_page(error.status, error.reason)
        lines = [f'HTTP/1.1 {error.status}\r\n']
        lines += [f'{name}: {value}\r\n' for name, value in headers]
        lines.append(self._common(False, False))
        lines.append('Connection: close\r\n\r\n')
        return ''.join(lines).encode('latin-1') + content


def is_interrupt(error: BaseException) -> bool:
    """Tell whether an error may be somebody's Ctrl-C.

    Handlers of signals run in the main thread, whose number on Linux is that
    of the process; anywhere else the application has raised it.
    """
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.get_native_id() == os.getpid()
    )


def context_store() -> dict[str, Any]:
    """Find where oslo.context keeps the context of the calling worker.

    There is no public way to clear it. The dictionary stays that worker's;
    eventlet takes microseconds to find it, and so a worker does so once.

    :returns: what the context of the last request is to be taken out of.
    """
    found: dict[str, Any] = context._request_store.__dict__
    return found


def _answer(
    response: wsgi_response.Response,
    status: str,
    reason: str,
    identity: request_identity.Identity,
) -> wsgi_outcome.Outcome:
    """Answer with an error, unless the client has read another answer.

    :returns: as ``Gateway._run``.
    """
    if response.begun:
        return _KEEP_ALIVE if response.complete else wsgi_outcome.ABORT
    headers, content = error_page(status, reason, identity)
    response.reset()
    response.start_response(status, headers)
    try:
        response.send_result([content])
    except exceptions.ClientDisconnected:
        LOG.info('The client left before it was told: %s', status)
        return wsgi_outcome.DISCONNECTED
    return _KEEP_ALIVE


def _end_body(
    body: wsgi_body.Body,
    channel: wsgi_channel.Channel,
    response: wsgi_response.Response,
    outcome: wsgi_outcome.Outcome,
) -> wsgi_outcome.Outcome:
    """End a request body, and tell what becomes of the rest of it.

    :param outcome: that of the response.
    :returns: that of the request.
    """
    unread = body.unread_bytes()
    body.end()
    if outcome is not _KEEP_ALIVE:
        return outcome
    if unread is not None and response.keep_alive:
        channel.skip = unread
        return _KEEP_ALIVE
    if unread == 0 or not response.is_framed:
        return _CLOSE
    return wsgi_outcome.LINGER


def _close(result: Iterable[bytes]) -> None:
    close: Any = getattr(result, 'close', None)
    if close is not None:
        close()


def error_page(
    status: str, reason: str, identity: request_identity.Identity | None = None
) -> tuple[list[tuple[str, str]], bytes]:
    """Make the body of an error that this server answers by itself.

    :param status: the status line.
    :param reason: what is wrong.
    :param identity: the request, if it was run: its ids go into the body,
        and into the field that oslo.middleware would have set.
    :returns: header fields and content, in plain text.
    """
    text = f'{status}: {reason}\n'
    headers = [('Content-Type', 'text/plain; charset=utf-8')]
    if identity is not None:
        found = identity.request_id
        if str(identity) != '-':
            text += f'Request id: {identity}\n'
        if found and found.isascii() and found.isprintable():
            headers.append(('x-openstack-request-id', found))
    content = text.encode('utf-8', 'backslashreplace')
    return [*headers, ('Content-Length', str(len(content)))], content
