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

"""Answers to requests that don't reach the application."""

from __future__ import annotations

from collections.abc import Iterable
import json
from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver._i18n import _
from wsgiserver._versions import documents as versions_documents
from wsgiserver._versions import html_page
from wsgiserver._versions import links as versions_links
from wsgiserver._versions import policies as versions_policies
from wsgiserver._versions import version_table
from wsgiserver import microversion

_JSON = 'application/json'
_HTML = 'text/html'


class Answering:
    """Maker of the answers.

    :param policies: the options.
    """

    def __init__(self, policies: versions_policies.Policies) -> None:
        self._policies = policies
        self._documents = policies.documents
        self._errors = policies.errors

    # -- documents -----------------------------------------------------------

    def document(
        self,
        environ: WSGIEnvironment,
        shape: str,
        status: int,
        found: microversion.Version | None = None,
        versions: Iterable[version_table.Version] | None = None,
    ) -> webob.Response:
        """Answer with a document.

        :param environ: the environ of the request.
        :param shape: what it looks like.
        :param status: the HTTP status.
        :param found: the microversion of the request.
        :param versions: the versions to list; by default all of them.
        :returns: the response.
        """
        listed = (
            self._policies.table.versions
            if versions is None
            else tuple(versions)
        )
        builder = self._builder(environ, found)
        response = webob.Response(status=status)
        if self._documents.html or self._policies.selection.pass_types:
            response.vary = ('Accept',)
        if self._documents.html and self._wants_html(environ):
            document = builder.build('list', listed)
            response.content_type = _HTML
            response.charset = 'utf-8'
            response.text = html_page.page(
                document['versions'],
                self._documents.name,
                self._documents.description,
            )
            return response
        default = None
        if self._documents.default_in_document:
            default = self._policies.document_version
        response.content_type = _JSON
        response.charset = None
        response.body = json.dumps(
            builder.build(shape, listed, default)
        ).encode()
        return response

    def _builder(
        self,
        environ: WSGIEnvironment,
        found: microversion.Version | None,
    ) -> versions_documents.Builder:
        documents = self._documents
        links = versions_links.Links(
            environ, documents.public_endpoint, documents.is_relative
        )
        return versions_documents.Builder(documents, links, found)

    def location(
        self,
        environ: WSGIEnvironment,
        found: microversion.Version | None,
    ) -> str | None:
        """Location of the version that is to be recommended.

        :param environ: the environ of the request.
        :param found: the microversion of the request.
        :returns: the link; None if there is no version.
        """
        current = self._policies.table.current
        if current is None:
            return None
        return self._builder(environ, found).self_link(current)

    def passes(self, environ: WSGIEnvironment) -> bool:
        """Whether a document is left to the application.

        :param environ: the environ of the request.
        """
        types = self._policies.selection.pass_types
        if not types or 'HTTP_ACCEPT' not in environ:
            return False
        return self._prefers(environ, types, (_JSON,))

    def _wants_html(self, environ: WSGIEnvironment) -> bool:
        accept = environ.get('HTTP_ACCEPT', '')
        return 'html' in accept.lower() and self._prefers(
            environ, (_HTML,), (_JSON,)
        )

    @staticmethod
    def _prefers(
        environ: WSGIEnvironment,
        types: tuple[str, ...],
        others: tuple[str, ...],
    ) -> bool:
        """Whether the client likes one of some types best."""
        accept = webob.Request(environ).accept
        # Of those that it likes as much as others, the first counts.
        offers = accept.acceptable_offers([*others, *types])
        return bool(offers) and offers[0][0] in types

    def choices(self, environ: WSGIEnvironment, status: int) -> webob.Response:
        """Answer with the list that there is at the root.

        :param environ: the environ of the request.
        :param status: the HTTP status.
        """
        shape = self._documents.root_document.at(None)
        return self.document(
            environ, 'list' if shape == 'none' else shape, status
        )

    # -- refusals ------------------------------------------------------------

    def reject(
        self, environ: WSGIEnvironment, outcome: str
    ) -> webob.Response | None:
        """Reject a request for a version that there isn't, or for none.

        :param environ: the environ of the request.
        :param outcome: ``list``, ``choices``, ``404``, ``406`` or ``pass``.
        :returns: the answer; None for ``pass``.
        """
        match outcome:
            case 'pass':
                return None
            case 'list':
                return self.choices(environ, 300)
            case 'choices':
                return self.document(environ, 'choices', 300)
        return self.refuse_version(environ, int(outcome))

    def refuse_version(
        self, environ: WSGIEnvironment, status: int
    ) -> webob.Response:
        """Refuse a request for what no version has.

        :param environ: the environ of the request.
        :param status: the HTTP status.
        """
        return self._errors.respond(
            environ,
            status,
            'version-not-found',
            _('There is nothing here in any version of this API.'),
        )

    def refuse_method(self, environ: WSGIEnvironment) -> webob.Response | None:
        """Refuse a method that a document doesn't have.

        :param environ: the environ of the request.
        :returns: the answer; None if the method is one for reading.
        """
        methods = self._policies.answers.document_methods
        method = environ['REQUEST_METHOD']
        if method in methods or methods == (versions_policies.ANY_METHOD,):
            return None
        allowed = tuple(dict.fromkeys((*methods, 'OPTIONS')))
        if method == 'OPTIONS':
            response = webob.Response(status=204)
        else:
            response = self._errors.respond(
                environ,
                405,
                'method-not-allowed',
                _('The methods here are %s.') % ', '.join(allowed),
            )
        response.allow = allowed
        return response

    def refuse_path(self, environ: WSGIEnvironment) -> webob.Response:
        """Refuse a request whose path is not UTF-8.

        :param environ: the environ of the request.
        """
        return self._errors.respond(
            environ, 400, 'path-not-utf-8', _('The path is not UTF-8.')
        )

    def fail(self, environ: WSGIEnvironment) -> webob.Response:
        """Error response for a request whose application has failed.

        :param environ: the environ of the request.
        """
        return self._errors.respond(
            environ,
            500,
            'internal-error',
            _('The server has met an error that it did not expect.'),
        )
