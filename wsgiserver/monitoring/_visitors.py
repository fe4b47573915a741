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

"""Visitors: who may see how a server is doing."""

from __future__ import annotations

from collections.abc import Iterator
import ipaddress
import re

import webob

from wsgiserver import _config

#: Those on the same machine.
LOOPBACK = '127.0.0.0/8, ::1'

#: Stands for the peers on UNIX sockets, who have no address.
UNIX = 'unix'

# Who a proxy says that the client is (RFC 7239, section 4).
_FORWARDED = re.compile(r'for\s*=\s*"?(\[[^\]]*\]|[^\s;,"\]]*)', re.IGNORECASE)


class Visitors:
    """Addresses that are let in.

    :param allow: addresses and networks, separated by commas or spaces;
        ``unix`` stands for UNIX sockets.
    :raises InvalidInput: if there is something else among them.
    """

    def __init__(self, allow: str) -> None:
        names = re.split(r'[,\s]+', allow.strip())
        self._takes_unix = UNIX in names
        try:
            self._networks = [
                ipaddress.ip_network(name)
                for name in names
                if name and name != UNIX
            ]
        except ValueError as error:
            raise _config.OptionError(str(error), 'allow') from error

    def refusal(self, request: webob.Request) -> webob.Response | None:
        """Answer to who is not let in.

        A proxy lets in nobody: if the request tells of one, each address
        that it names has to be allowed as well. ``REMOTE_ADDR`` is not asked,
        for a filter may have put there what the client sent.

        :param request: the request.
        :returns: the answer; None for who is let in.
        """
        if all(map(self._is_allowed, _addresses(request))):
            return None
        return webob.Response(
            status=403,
            content_type='text/plain',
            charset='utf-8',
            text='403 Forbidden: not from this address\n',
        )

    def _is_allowed(self, address: str) -> bool:
        if not address:
            return self._takes_unix
        try:
            found = ipaddress.ip_address(address.partition('%')[0])
        except ValueError:
            return False
        # Dual-stack sockets show IPv4 addresses mapped into IPv6.
        found = getattr(found, 'ipv4_mapped', None) or found
        return any(found in network for network in self._networks)


def _addresses(request: webob.Request) -> Iterator[str]:
    """Addresses that a request is said to come from."""
    environ = request.environ
    yield environ.get('wsgiserver.client', 'unknown')
    for name in ('HTTP_X_FORWARDED_FOR', 'HTTP_X_REAL_IP'):
        if name in environ:
            for address in environ[name].split(','):
                yield address.strip() or 'unknown'
    if 'HTTP_FORWARDED' in environ:
        found = _FORWARDED.findall(environ['HTTP_FORWARDED'])
        for address in found or ['unknown']:
            yield address.strip('[]') or 'unknown'
