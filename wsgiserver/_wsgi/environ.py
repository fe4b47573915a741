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

"""Environ of a request, from its head (PEP 3333)."""

import functools
from typing import Any

from wsgiserver._http import framing
from wsgiserver._http import head as http_head
from wsgiserver._wsgi import channel as wsgi_channel
from wsgiserver._wsgi import error_log
from wsgiserver._wsgi import files

Environ = dict[str, Any]

# CGI has no prefix for these (RFC 3875, section 4.1). There is one length at
# most, and it is decimal: the framing was read from it.
_UNPREFIXED = {
    b'content-length': 'CONTENT_LENGTH',
    b'content-type': 'CONTENT_TYPE',
}

# A client could set the proxy of the application's own HTTP client with it
# (CVE-2016-5385).
_DROPPED = frozenset((b'proxy',))


@functools.lru_cache(maxsize=1024)
def key_of(name: bytes) -> str | None:
    """Environ key of a header field.

    :param name: the field name as sent.
    :returns: the key; None for a field that is left out. Those with ``_``
        are, for X_Auth would arrive as X-Auth does, past every proxy that
        removes the latter.
    """
    lower = name.lower()
    if b'_' in lower or lower in _DROPPED:
        return None
    if lower in _UNPREFIXED:
        return _UNPREFIXED[lower]
    return 'HTTP_' + lower.decode('latin-1').replace('-', '_').upper()


# What a client's program says in the same words on all of its connections.
# Credentials are none of it: they are not to be kept any longer than needed.
_OF_PROGRAMS = frozenset(
    (
        *('HTTP_HOST', 'HTTP_USER_AGENT', 'HTTP_CONNECTION', 'CONTENT_TYPE'),
        *('HTTP_ACCEPT', 'HTTP_ACCEPT_ENCODING', 'HTTP_ACCEPT_LANGUAGE'),
        *('HTTP_OPENSTACK_API_VERSION', 'HTTP_X_OPENSTACK_NOVA_API_VERSION'),
    )
)


# Bounded in number here, and each of them by max_header_line.
@functools.lru_cache(maxsize=256)
def _shared_text(raw: bytes) -> str:
    return raw.decode('latin-1')


# What each request has of its own.
_PLACES = dict.fromkeys(
    (
        *('REQUEST_METHOD', 'PATH_INFO', 'QUERY_STRING'),
        *('REQUEST_URI', 'RAW_URI', 'RAW_PATH_INFO'),
        *('wsgi.input', 'wsgi.errors'),
    )
)


class Draining:
    """``wsgiserver.draining``: called, it tells whether the server ends.

    One for all requests of a server, in each of its processes.
    """

    def __init__(self) -> None:
        self._is_so = False

    def __call__(self) -> bool:
        """Whether a stop is in progress; any thread may ask."""
        return self._is_so

    def set(self, is_so: bool) -> None:
        """Set whether a stop is in progress; a signal handler may call it."""
        self._is_so = is_so


def base(name: str, port: str, scheme: str) -> Environ:
    """Environ keys that all requests of a listener have in common.

    :param name: the value of SERVER_NAME.
    :param port: the value of SERVER_PORT.
    :param scheme: ``http`` or ``https``.
    :returns: the environ, to be copied for each request.
    """
    return {
        'SCRIPT_NAME': '',
        'SERVER_NAME': name,
        'SERVER_PORT': port,
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': scheme,
        'wsgi.multithread': True,
        'wsgi.multiprocess': True,
        'wsgi.run_once': False,
        'wsgi.file_wrapper': files.FileWrapper,
        # The stream ends where the body does, chunked or not.
        'wsgi.input_terminated': True,
    }


def build(
    base: Environ,
    head: http_head.RequestHead,
    channel: wsgi_channel.Channel,
) -> Environ:
    """Build the environ of a request.

    :param base: what all requests of the listener have in common; copied.
    :param head: the request head.
    :param channel: the connection.
    :returns: the environ, lacking ``wsgi.input``.
    """
    section = head.section
    shared = section.environ
    if shared is None:
        shared = section.environ = _of_section(base, section)
        peer = shared['REMOTE_ADDR'], shared['REMOTE_PORT'] = channel.peer
        # Filters put what a header says into the other one.
        shared['wsgiserver.client'] = peer[0]
        shared['wsgiserver.client_disconnected'] = channel.disconnect_check()
        # A copy has room for what it has, and grows for each one more.
        shared.update(_PLACES)
        # A connection that waits for its next request has them once.
        section.fields = ()
    environ = shared.copy()
    environ['REQUEST_METHOD'] = head.method
    environ['PATH_INFO'] = head.path
    environ['QUERY_STRING'] = head.query
    # As it was sent: what a signature is made of, and "%2F" in a path. The
    # names are those of uWSGI, gunicorn and eventlet.wsgi.
    uri = head.uri
    environ['REQUEST_URI'] = environ['RAW_URI'] = uri
    environ['RAW_PATH_INFO'] = uri.partition('?')[0] if '?' in uri else uri
    environ['wsgi.errors'] = error_log.ErrorLog()
    if head.authority is not None:
        environ['HTTP_HOST'] = head.authority.decode('latin-1')
    return environ


def _of_section(base: Environ, section: http_head.Section) -> Environ:
    """Environ keys that requests of a connection with these fields share."""
    environ = base.copy()
    environ['SERVER_PROTOCOL'] = (
        'HTTP/1.1' if section.is_http11 else 'HTTP/1.0'
    )
    for name, raw in section.fields:
        key = key_of(name)
        if key is None:
            continue
        if key in _OF_PROGRAMS:
            value = _shared_text(raw)
        else:
            value = raw.decode('latin-1')
        if key in environ:
            if name.lower() in framing.SINGLETONS:
                # The same value once more; any other was refused.
                continue
            # RFC 9110, section 5.3; RFC 6265, section 5.4 for cookies.
            comma = '; ' if key == 'HTTP_COOKIE' else ','
            value = environ[key] + comma + value
        environ[key] = value
    if 'CONTENT_LENGTH' in environ:
        # As a number: "005" is one, but not to everybody.
        environ['CONTENT_LENGTH'] = str(section.framing.body_length)
    return environ
