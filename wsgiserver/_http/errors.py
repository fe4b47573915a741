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

"""Protocol errors: what a request is refused for, each with its status."""


class ProtocolError(Exception):
    """Base class of errors for which a request is not served.

    :param reason: what is wrong, in a few words; the client gets to read
        it, so it never repeats what the client sent.
    """

    #: The status line of the answer, without the version.
    status = '400 Bad Request'
    #: The reason phrase of it, as a name.
    kind = 'bad_request'

    def __init_subclass__(cls) -> None:
        phrase = cls.status.partition(' ')[2]
        cls.kind = phrase.lower().replace(' ', '_')

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadRequest(ProtocolError):
    """The message breaks the grammar or is ambiguous (RFC 9112)."""


class ClientTimeout(ProtocolError):
    """The client took too long (RFC 9110, section 15.5.9)."""

    status = '408 Request Timeout'


class ContentTooLarge(ProtocolError):
    """The body is over the limit (RFC 9110, section 15.5.14)."""

    status = '413 Content Too Large'


class URITooLong(ProtocolError):
    """The request target is over the limit (RFC 9110, section 15.5.15)."""

    status = '414 URI Too Long'


class ExpectationFailed(ProtocolError):
    """The client expects what no server does (RFC 9110, section 10.1.1)."""

    status = '417 Expectation Failed'


class FieldsTooLarge(ProtocolError):
    """The header section is over a limit (RFC 6585, section 5)."""

    status = '431 Request Header Fields Too Large'


class NotImplementedByServer(ProtocolError):
    """A method or a coding this server lacks (RFC 9110, section 15.6.2)."""

    status = '501 Not Implemented'


class ServiceUnavailable(ProtocolError):
    """The server has no room for it now (RFC 9110, section 15.6.4)."""

    status = '503 Service Unavailable'


class VersionNotSupported(ProtocolError):
    """Neither HTTP/1.0 nor HTTP/1.1 (RFC 9110, section 15.6.6)."""

    status = '505 HTTP Version Not Supported'
