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

"""The access log: one line for each request, in oslo.service's format."""

import time

from wsgiserver._i18n import _
from wsgiserver import _log_lines
from wsgiserver import exceptions


Logger = _log_lines.Logger


class AccessLog:
    """Writes the access log.

    :param logger: where the lines go, at INFO.
    :param format_: ``wsgi_log_format``.
    :raises InvalidInput: if the format is unusable.
    """

    def __init__(self, logger: Logger, format_: str) -> None:
        check_format(format_)
        self._format = format_
        self._lines = _log_lines.Lines(logger)
        #: Returns False if lines would go nowhere: nothing is formatted then.
        self.is_enabled = self._lines.is_enabled

    def write(
        self,
        client: str,
        request_line: str,
        code: int,
        length: int,
        seconds: float,
    ) -> None:
        """Write a line, while that is enabled.

        :param client: the client's address.
        :param request_line: the request line; '-' if it could not be read.
        :param code: the status code of the response; 0 if there was none.
        :param length: the bytes of the response body.
        :param seconds: how long the request took.
        """
        values = _values(client, request_line, code, length, seconds)
        self._lines.write(self._format % values)


def check_format(format_: str) -> None:
    """Check ``wsgi_log_format``.

    :param format_: the format.
    :raises InvalidInput: if it isn't one, or names a field that there is
        none of.
    """
    try:
        _unused = format_ % _values('', '-', 0, 0, 0.0)
    except (KeyError, TypeError, ValueError) as error:
        raise exceptions.InvalidInput(
            _('wsgi_log_format is unusable: %r') % error
        ) from error


def _values(
    client: str,
    request_line: str,
    code: int,
    length: int,
    seconds: float,
) -> dict[str, object]:
    return {
        'client_ip': client or '-',
        'date_time': time.strftime('%d/%b/%Y %H:%M:%S'),
        'request_line': request_line,
        'status_code': code or '-',
        'body_length': length,
        'wall_seconds': seconds,
    }
