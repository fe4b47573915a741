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

"""Error catching: failures of an application, answered in its place."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from oslo_log import log as logging
import webob.exc

from wsgiserver._versions import answers
from wsgiserver._versions import version_headers
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.middleware.versions')


class Catcher:
    """Catcher of one request's errors, where its application fails.

    :param answering: makes the answer.
    :param environ: the environ of the request.
    :param outcome: begins the response.
    """

    def __init__(
        self,
        answering: answers.Answering,
        environ: WSGIEnvironment,
        outcome: version_headers.Negotiated,
    ) -> None:
        self._answering = answering
        self._environ = environ
        self._outcome = outcome

    def call(self, application: WSGIApplication) -> Iterable[bytes]:
        """Call the application.

        :param application: the application.
        :returns: the body, its own where it has begun the response.
        :raises Exception: if it fails after that, or the server is to know.
        """
        try:
            body = application(self._environ, self._outcome.start_response)
        except Exception as error:
            return self._answer(error)
        if self._outcome.is_started:
            return body
        return _LateBody(body, self._answer)

    def _answer(self, error: Exception) -> Iterable[bytes]:
        # The server has its own answers to its own errors.
        if self._outcome.is_started or isinstance(
            error, exceptions.WSGIServerError
        ):
            raise error
        response: WSGIApplication
        if isinstance(error, webob.exc.HTTPException):
            response = error
        else:
            LOG.error(
                'The application failed: %s %r',
                self._environ['REQUEST_METHOD'],
                self._environ.get('PATH_INFO', ''),
                exc_info=error,
            )
            response = self._answering.fail(self._environ)
        return response(self._environ, self._outcome.start_response)


class _LateBody:
    """Body of an application that begins its response when it's read.

    :param source: what the application returned.
    :param answer: answers an error.
    """

    def __init__(
        self,
        source: Iterable[bytes],
        answer: Callable[[Exception], Iterable[bytes]],
    ) -> None:
        self._source = source
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._source
        except Exception as error:
            yield from self._answer(error)

    def close(self) -> None:
        close = getattr(self._source, 'close', None)
        if close is not None:
            close()
