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

"""The request of an API, and what it says of types and languages."""

from collections.abc import Collection
from collections.abc import Sequence
from typing import ClassVar

import oslo_i18n
import webob
import webob.exc

from wsgiserver._i18n import _


class Request(webob.Request):
    """The request of an API; a class to derive from.

    The interface is ``oslo_service.wsgi.Request``, with the methods that
    glance, heat, cinder and nova add to theirs. A field that can't be
    understood counts as one that isn't there.
    """

    #: The domain of the service's translations, for
    #: :meth:`best_match_language`.
    i18n_domain: ClassVar[str] = 'wsgiserver'

    def best_match_content_type(
        self,
        supported: Sequence[str] = ('application/json',),
        default: str | None = None,
        *,
        by_suffix: bool = False,
    ) -> str:
        """Choose the type of the response, by ``Accept``.

        :param supported: the types there are, the best first.
        :param default: the type where none of these is accepted; None means
            the first of them.
        :param by_suffix: whether the end of the path counts first, as
            cinder and nova have it: ``.json`` is ``application/json``.
        :returns: the type.
        """
        if by_suffix:
            _path, dot, suffix = self.path.rpartition('.')
            if dot and f'application/{suffix}' in supported:
                return f'application/{suffix}'
        offers = self.accept.acceptable_offers(list(supported))
        if offers:
            return str(offers[0][0])
        return supported[0] if default is None else default

    def get_content_type(self, allowed_content_types: Collection[str]) -> str:
        """Check the type that the request's body is said to have.

        :param allowed_content_types: what it may be, in small letters.
        :returns: the type, without parameters.
        :raises webob.exc.HTTPUnsupportedMediaType: if it is none of these,
            or isn't said.
        """
        # WebOb's own property would take the type apart for its parameters.
        content_type = self.environ.get('CONTENT_TYPE', '')
        content_type = content_type.partition(';')[0].strip().lower()
        if content_type not in allowed_content_types:
            raise webob.exc.HTTPUnsupportedMediaType(
                _('The type of the request body is not supported.')
            )
        return str(content_type)

    def best_match_language(
        self, languages: Sequence[str] | None = None
    ) -> str | None:
        """Choose the language of the response, by ``Accept-Language``.

        :param languages: the languages there are, such as ``pt_BR``; None
            means those that :attr:`i18n_domain` is translated to.
        :returns: one of them; None if the client names none of them.
        """
        accepted = self.accept_language
        if not accepted:
            return None
        if languages is None:
            languages = oslo_i18n.get_available_languages(self.i18n_domain)
        # The client writes pt-BR (RFC 5646) for what gettext has as pt_BR.
        tags = {name.replace('_', '-'): name for name in languages}
        tag = accepted.lookup(list(tags), default='')
        return tags.get(tag or '')
