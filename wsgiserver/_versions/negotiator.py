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

"""Negotiator: from a request to its version, or to the answer it gets."""

from __future__ import annotations

from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver._versions import answers
from wsgiserver._versions.cached_property import cached_property
from wsgiserver._versions import microversions
from wsgiserver._versions import policies as versions_policies
from wsgiserver._versions import selection
from wsgiserver._versions import version_headers
from wsgiserver._versions import version_table
from wsgiserver import microversion

Kind = selection.Kind


class Negotiator:
    """Negotiator of versions, for all requests of a filter.

    :param policies: the options.
    """

    def __init__(self, policies: versions_policies.Policies) -> None:
        self._policies = policies
        self._answering = answers.Answering(policies)

    @cached_property
    def _chooser(self) -> selection.Chooser:
        policies = self._policies
        return selection.Chooser(
            policies.selection,
            policies.microversions,
            policies.table,
            policies.default_version,
            self._has_root_document
            and policies.answers.versions_status != 'none',
        )

    def negotiate(
        self,
        environ: WSGIEnvironment,
        outcome: version_headers.Negotiated | None,
    ) -> webob.Response | None:
        """Negotiate the version of a request, and prepare its environ.

        :param environ: the environ of the request; the version goes there,
            and its path is changed.
        :param outcome: takes the outcome, if anybody is interested.
        :returns: None to go on; or the answer.
        """
        environ[microversion.ENVIRON_KEY] = None
        if not is_utf8(environ.get('PATH_INFO', '')):
            return self._answering.refuse_path(environ)
        choice = self._chooser.choose(environ)
        match choice.kind:
            case Kind.VERSION:
                assert choice.version is not None
                return self._proceed(
                    environ, outcome, choice.version, choice.by_path
                )
            case Kind.ROOT:
                return self._root(environ, outcome)
            case Kind.VERSIONS:
                status = self._policies.answers.versions_status
                return self._list(environ, outcome, int(status))
            case Kind.UNKNOWN:
                return self._answering.reject(
                    environ, self._policies.answers.unknown_version
                )
        return self._answering.reject(
            environ, self._policies.answers.no_version
        )

    def _proceed(
        self,
        environ: WSGIEnvironment,
        outcome: version_headers.Negotiated | None,
        version: version_table.Version,
        by_path: bool,
    ) -> webob.Response | None:
        answer = self._take_microversion(environ, outcome, version)
        if answer is not None:
            return answer
        found = environ[microversion.ENVIRON_KEY]
        if by_path:
            answer = self._version_document(environ, version, found)
            if answer is not None:
                return answer
        environ.update(
            version_headers.environ_fields(
                self._policies.selection.environ_keys, version, found
            )
        )
        self._rewrite(environ, version, by_path)
        return None

    def _take_microversion(
        self,
        environ: WSGIEnvironment,
        outcome: version_headers.Negotiated | None,
        version: version_table.Version,
    ) -> webob.Response | None:
        """Negotiate the microversion, or answer where it is of no use."""
        if outcome is not None:
            outcome.version = version
        try:
            found = self._policies.microversions.negotiate(environ, version)
        except microversions.Malformed as error:
            return self._policies.errors.respond(
                environ,
                int(self._policies.microversions.malformed_microversion),
                'microversion-malformed',
                str(error),
            )
        except microversions.OutOfRange as error:
            return self._policies.errors.respond(
                environ,
                406,
                'microversion-unsupported',
                str(error),
                {
                    'max_version': version.max_version,
                    'min_version': version.min_version,
                },
            )
        environ[microversion.ENVIRON_KEY] = found
        if outcome is not None:
            outcome.microversion = found
        return None

    def _rewrite(
        self,
        environ: WSGIEnvironment,
        version: version_table.Version,
        by_path: bool,
    ) -> None:
        handling = self._policies.selection.path_handling
        if handling == 'keep':
            return
        path = environ.get('PATH_INFO', '')
        segment, rest = selection.split(path) if by_path else ('', path)
        if handling == 'pop':
            name = segment or version.segment
            if name:
                environ['SCRIPT_NAME'] = (
                    environ.get('SCRIPT_NAME', '') + '/' + name
                )
            environ['PATH_INFO'] = rest
        elif version.segment:
            environ['PATH_INFO'] = f'/{version.segment}{rest}'

    # -- documents -----------------------------------------------------------

    @property
    def _has_root_document(self) -> bool:
        return self._policies.documents.root_document.at(None) != 'none'

    def _root(
        self,
        environ: WSGIEnvironment,
        outcome: version_headers.Negotiated | None,
    ) -> webob.Response | None:
        if self._answering.passes(environ):
            return None
        if not self._has_root_document:
            default = self._policies.default_version
            if default is None:
                return None
            return self._proceed(environ, outcome, default, by_path=False)
        return self._list(
            environ,
            outcome,
            int(self._policies.answers.root_status),
            with_location=self._policies.answers.root_location,
        )

    def _list(
        self,
        environ: WSGIEnvironment,
        outcome: version_headers.Negotiated | None,
        status: int,
        with_location: bool = False,
    ) -> webob.Response | None:
        found = None
        version = self._policies.document_version
        if version is not None:
            answer = self._take_microversion(environ, outcome, version)
            if answer is not None:
                return answer
            found = environ[microversion.ENVIRON_KEY]
        refusal = self._answering.refuse_method(environ)
        if refusal is not None:
            return refusal
        shape = self._policies.documents.root_document.at(found)
        if shape == 'none':
            return None
        response = self._answering.document(environ, shape, status, found)
        if with_location:
            response.location = self._answering.location(environ, found)
        return response

    def _version_document(
        self,
        environ: WSGIEnvironment,
        version: version_table.Version,
        found: microversion.Version | None,
    ) -> webob.Response | None:
        shape = self._policies.documents.version_document.at(found)
        if shape == 'none':
            return None
        rest = selection.split(environ.get('PATH_INFO', ''))[1]
        if (
            rest not in ('', '/')
            or environ['REQUEST_METHOD'] not in ('GET', 'HEAD')
            or self._answering.passes(environ)
        ):
            return None
        return self._answering.document(environ, shape, 200, found, [version])


def is_utf8(path: str) -> bool:
    """Whether the octets of a path are UTF-8.

    :param path: the octets as latin-1, as the environ has them (PEP 3333).
    """
    if path.isascii():
        return True
    try:
        path.encode('latin-1').decode('utf-8')
    except UnicodeError:
        return False
    return True
