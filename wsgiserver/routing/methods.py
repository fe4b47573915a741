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

"""Controllers for the methods that a resource doesn't have."""

from typing import Any
from typing import NoReturn

import webob
import webob.exc


class RejectMethodController:
    """Answers 405 (Method Not Allowed).

    To be the controller of a :class:`~wsgiserver.wsgi.Resource`, on the last
    route of a path::

        reject = Resource(RejectMethodController())
        mapper.connect(
            '/images',
            controller=reject,
            action='reject',
            allowed_methods='GET, POST',
        )

    The interface is ``glance.common.wsgi.RejectMethodController``.
    """

    def reject(
        self,
        req: webob.Request,
        allowed_methods: str,
        *args: Any,
        **kwargs: Any,
    ) -> NoReturn:
        """Refuse a request.

        :param req: the request.
        :param allowed_methods: the methods that the resource does have.
        :raises webob.exc.HTTPMethodNotAllowed: with these in ``Allow``.
        """
        raise webob.exc.HTTPMethodNotAllowed(
            headers=[('Allow', allowed_methods)]
        )


class DefaultMethodController(RejectMethodController):
    """Answers OPTIONS, and the methods that a resource doesn't have.

    The interface is ``heat.common.wsgi.DefaultMethodController``.
    """

    def options(
        self,
        req: webob.Request,
        allowed_methods: str,
        *args: Any,
        **kwargs: Any,
    ) -> NoReturn:
        """Say which methods there are.

        :param req: the request.
        :param allowed_methods: the methods that the resource has.
        :raises webob.exc.HTTPNoContent: with these in ``Allow``.
        """
        raise webob.exc.HTTPNoContent(headers=[('Allow', allowed_methods)])
