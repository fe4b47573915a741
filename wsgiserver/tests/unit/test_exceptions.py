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

"""The errors of the public interface."""

import errno
import inspect

from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver import wsgi


class ExceptionsTestCase(base.TestCase):
    def test_all_of_them_have_one_base(self) -> None:
        for _name, kind in inspect.getmembers(exceptions, inspect.isclass):
            # This one ends an application, whatever it catches.
            if kind is not exceptions.RequestTimeout:
                base_class = exceptions.WSGIServerError
                self.assertTrue(issubclass(kind, base_class))
            self.assertTrue(inspect.getdoc(kind))

    def test_a_missing_configuration_is_named(self) -> None:
        error = exceptions.ConfigNotFound('/etc/a.ini')
        self.assertEqual('/etc/a.ini', error.path)
        self.assertEqual('Could not find config at /etc/a.ini', str(error))

    def test_a_missing_application_is_named_with_its_file(self) -> None:
        error = exceptions.PasteAppNotFound('api', '/etc/a.ini')
        self.assertEqual(('api', '/etc/a.ini'), (error.name, error.path))
        self.assertEqual(
            "Could not load paste app 'api' from /etc/a.ini", str(error)
        )

    def test_a_load_error_is_its_message(self) -> None:
        self.assertEqual('why', str(exceptions.PasteLoadError('why')))

    def test_invalid_input_gives_its_reason(self) -> None:
        for error in (
            exceptions.InvalidInput('why'),
            exceptions.InvalidInput(reason='why'),
        ):
            self.assertEqual('why', error.reason)
            self.assertEqual('Invalid input received: why', str(error))

    def test_a_percent_sign_in_a_reason_is_just_that(self) -> None:
        for error in (
            exceptions.InvalidInput('50%s'),
            exceptions.ConfigNotFound('50%s'),
            exceptions.PasteAppNotFound('50%s', '%d'),
        ):
            self.assertIn('50%s', str(error))

    def test_a_listen_error_is_an_os_error(self) -> None:
        error = exceptions.ListenError(errno.EADDRINUSE, 'one line')
        self.assertIsInstance(error, OSError)
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertEqual('one line', str(error))

    def test_errors_of_a_connection_are_os_errors(self) -> None:
        # Applications catch OSError around their reads and writes.
        gone = exceptions.ClientDisconnected('gone')
        self.assertIsInstance(gone, OSError)
        self.assertEqual('gone', str(gone))
        broken = exceptions.RequestBodyError('400 Bad Request', 'why')
        self.assertIsInstance(broken, OSError)
        self.assertEqual('400 Bad Request', broken.status)
        self.assertEqual('why', broken.reason)
        self.assertEqual('why', str(broken))

    def test_the_public_face_has_those_that_a_service_meets(self) -> None:
        for name in ('ConfigNotFound', 'InvalidInput', 'PasteAppNotFound'):
            self.assertIs(getattr(exceptions, name), getattr(wsgi, name))
