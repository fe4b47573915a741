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


"""What a Server loads anew, all of it or nothing."""

import multiprocessing
import os
import socket
import threading
from typing import Any

from wsgiserver import _config
from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import harness
from wsgiserver.tests.unit import servers


class TestPaste(servers.ResetCase):
    def test_the_application_of_the_file_is_served(self) -> None:
        self.assertEqual('old', self.text(self.serve()))
        self.assertEqual('other', self.text(self.serve('other')))

    def test_a_reset_loads_it_anew(self) -> None:
        made = self.serve()
        self.write('api-paste.ini', servers.PASTE.format(text='new'))
        self.assertEqual('old', self.text(made))
        made.reset()
        self.assertEqual('new', self.text(made))
        self.assertEqual([], self.errors())

    def test_a_reset_reads_drop_in_files_anew(self) -> None:
        made = self.serve()
        os.mkdir(self.paste + '.d')
        for text in ('one', 'two'):
            self.write(
                'api-paste.ini.d/50.ini', f'[app:main]\ntext = {text}\n'
            )
            made.reload()
            self.assertEqual(text, self.text(made))
        os.unlink(os.path.join(self.paste + '.d', '50.ini'))
        made.reload()
        self.assertEqual('old', self.text(made))

    def test_a_connection_that_is_open_gets_the_new_one(self) -> None:
        made = self.serve()
        address = (made.host, made.port)
        with socket.create_connection(address, 20) as sock:
            for text in (b'old', b'new'):
                sock.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
                answer = b''
                while not answer.endswith(text):
                    more = sock.recv(4096)
                    self.assertNotEqual(b'', more, answer)
                    answer += more
                self.write('api-paste.ini', servers.PASTE.format(text='new'))
                made.reset()

    def test_one_that_was_loaded_by_the_caller_is_loaded_anew(self) -> None:
        made = self.start(self.make(servers.hello, paste_app='main'))
        self.assertEqual('hello\n', self.text(made))
        made.reset()
        self.assertEqual('old', self.text(made))

    def test_one_that_is_named_alone_is_loaded_when_it_starts(self) -> None:
        made = self.start(self.make(None, paste_app='main'))
        self.assertEqual('old', self.text(made))

    def test_one_that_was_only_handed_in_stays(self) -> None:
        made = self.start(self.make())
        made.reset()
        self.assertEqual('hello\n', self.text(made))
        self.assertIs(servers.hello, made.app)

    def test_another_process_loads_it_when_it_starts(self) -> None:
        made = server.Server.from_paste(
            self.conf, 'test', host='127.0.0.1', engine='threading'
        )
        self.addCleanup(made.stop)
        self.write('api-paste.ini', servers.PASTE.format(text='new'))
        process = multiprocessing.get_context('spawn').Process(
            target=servers.serve_until_killed, args=(made,)
        )
        process.start()
        self.addCleanup(process.join)
        self.addCleanup(process.kill)
        self.assertEqual('new', self.text(made))

    def test_a_running_request_finishes_on_the_old_one(self) -> None:
        entered, leave = threading.Event(), threading.Event()

        def old(environ: dict[str, Any], start: Any) -> list[bytes]:
            entered.set()
            leave.wait(20)
            return servers.hello(environ, start)

        made = self.start(self.make(old, paste_app='main'))
        answers: list[str] = []
        asking = threading.Thread(
            target=lambda: answers.append(self.text(made))
        )
        asking.start()
        entered.wait(20)
        made.reset()
        self.assertEqual('old', self.text(made))
        leave.set()
        asking.join(20)
        self.assertEqual(['hello\n'], answers)

    def test_a_file_that_is_missing_is_named(self) -> None:
        os.unlink(self.paste)
        error = self.assertRaises(exceptions.ConfigNotFound, self.serve)
        self.assertIn(self.paste, str(error))

    def test_an_application_that_is_missing_is_named(self) -> None:
        self.assertRaises(exceptions.PasteAppNotFound, self.serve, 'third')


class TestRefused(servers.ResetCase):
    def refuse(self, made: server.Server, *words: str) -> None:
        """Have a reset, and check that it is one ERROR line and no more."""
        before = vars(made).copy()
        made.reset()
        (line,) = self.errors()
        self.assertTrue(line.startswith('ERROR test goes on as before: '))
        for word in words:
            self.assertIn(word, line)
        self.assertEqual(before, vars(made))

    def change(self, *lines: str) -> None:
        """Have the configuration read anew, as launchers do."""
        self.configure(*lines)
        self.conf.reload_config_files()

    def test_a_broken_drop_in_file_is_named(self) -> None:
        made = self.serve()
        os.mkdir(self.paste + '.d')
        path = self.write('api-paste.ini.d/50.ini', servers.BROKEN)
        self.refuse(made, path, 'section [app:main], option use: ')

    def test_a_value_of_no_use_changes_nothing(self) -> None:
        made = self.serve()
        self.write('api-paste.ini', servers.PASTE.format(text='new'))
        self.change('server_header = new', 'header_timeout = never')
        self.refuse(made, 'a.conf', 'option header_timeout', 'never')
        self.assertEqual('old', self.text(made))
        self.assertIsNone(self.get(made).getheader('Server'))

    def test_a_value_for_an_option_of_oslo_service_changes_nothing(
        self,
    ) -> None:
        made = self.serve()
        self.change('[DEFAULT]', 'graceful_shutdown_timeout = x')
        self.refuse(made, 'option graceful_shutdown_timeout')
        self.assertEqual('old', self.text(made))

    def test_each_tick_after_that_is_as_before(self) -> None:
        made = self.serve()
        self.change('worker_heartbeat_timeout = x', 'max_requests = x')
        self.refuse(made)
        engine = made.engine
        assert engine is not None
        turned = engine.turned
        harness.eventually(lambda: engine.turned > turned)
        self.assertEqual(1, len(self.errors()))

    def test_values_that_do_not_go_together_change_nothing(self) -> None:
        made = self.serve()
        self.change('proxy_protocol = true', 'proxy_protocol_peers = x')
        self.refuse(made, 'proxy_protocol_peers')
        self.assertEqual('old', self.text(made))

    def test_an_application_that_does_not_load_changes_nothing(self) -> None:
        made = self.serve()
        self.write('api-paste.ini', servers.BROKEN)
        self.change('server_header = new')
        self.refuse(made, self.paste, 'section [app:main]')
        self.assertEqual('old', self.text(made))
        self.assertIsNone(self.get(made).getheader('Server'))

    def test_a_paste_file_that_is_gone_changes_nothing(self) -> None:
        made = self.serve()
        os.unlink(self.paste)
        self.refuse(made, self.paste)
        self.assertEqual('old', self.text(made))

    def test_what_fails_once_may_succeed_later(self) -> None:
        made = self.serve()
        self.change('header_timeout = never')
        self.refuse(made)
        self.change('server_header = new')
        made.reset()
        self.assertEqual('new', self.get(made).getheader('Server'))

    def test_who_asks_for_it_gets_the_reason(self) -> None:
        made = self.serve()
        self.write('api-paste.ini', servers.BROKEN)
        error = self.assertRaises(exceptions.ResetError, made.reload)
        self.assertIn(self.paste, str(error))
        self.assertEqual([], self.errors())

    def test_one_that_does_not_run_is_told_as_well(self) -> None:
        made = server.Server.from_paste(
            self.conf, 'test', host='127.0.0.1', engine='threading'
        )
        self.addCleanup(made.stop)
        self.write('api-paste.ini', servers.BROKEN)
        self.refuse(made, self.paste)
        self.write('api-paste.ini', servers.PASTE.format(text='new'))
        made.reset()
        self.start(made)
        self.assertEqual('new', self.text(made))


class TestTLS(servers.ResetCase):
    def setUp(self) -> None:
        super().setUp()
        files = certificates.authority().issue(self.folder)
        self.serial = files.serial
        _config.register_opts(self.conf)
        for name in ('cert', 'key'):
            path = getattr(files, name)
            self.conf.set_override(f'{name}_file', path, 'ssl')

    def shown(self, made: server.Server) -> str:
        """The serial number of the certificate that a client is shown."""
        address = (made.host, made.port)
        with (
            socket.create_connection(address, 20) as plain,
            certificates.trusting().wrap_socket(
                plain, server_hostname='localhost'
            ) as sock,
        ):
            sock.sendall(b'GET / HTTP/1.0\r\n\r\n')
            self.assertIn(b'200 OK', sock.makefile('rb').read())
            certificate: Any = sock.getpeercert()
            return str(certificate['serialNumber'])

    def test_a_new_certificate_is_shown_after_a_reset(self) -> None:
        made = self.serve(use_ssl=True)
        new = certificates.authority().issue(self.folder)
        self.assertEqual(self.serial, self.shown(made))
        made.reset()
        self.assertEqual(new.serial, self.shown(made))

    def test_a_key_of_another_certificate_changes_nothing(self) -> None:
        made = self.serve(use_ssl=True)
        self.write('api-paste.ini', servers.PASTE.format(text='new'))
        with open(os.path.join(self.folder, 'cert'), 'rb') as file:
            old = file.read()
        certificates.authority().issue(self.folder)
        certificates.replace(self.folder, 'cert', old)
        made.reset()
        (line,) = self.errors()
        self.assertIn('test goes on as before: ', line)
        self.assertIn(os.path.join(self.folder, 'cert'), line)
        self.assertEqual(self.serial, self.shown(made))

    def test_a_file_that_is_gone_changes_nothing(self) -> None:
        made = self.serve(use_ssl=True)
        path = os.path.join(self.folder, 'key')
        os.unlink(path)
        made.reset()
        (line,) = self.errors()
        self.assertIn(path, line)
        self.assertEqual(self.serial, self.shown(made))

    def test_files_that_change_are_loaded_where_they_are_watched(
        self,
    ) -> None:
        self.conf.set_override('tls_reload_on_change', True, 'wsgiserver')
        made = self.serve(use_ssl=True)
        self.assertEqual(self.serial, self.shown(made))
        new = certificates.authority().issue(self.folder)
        harness.eventually(lambda: self.shown(made) == new.serial)
        self.assertEqual([], self.errors())
