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

"""Messages to systemd, over a real socket, and its watchdog."""

import os
import socket

import fixtures

from wsgiserver._launcher import sd_notify
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


class TestSystemd(base.TestCase):
    def period(self, usec: str | None, pid: str | None) -> float | None:
        for name, value in (('WATCHDOG_USEC', usec), ('WATCHDOG_PID', pid)):
            self.useFixture(fixtures.EnvironmentVariable(name, value))
        return sd_notify.watchdog_period()

    def test_the_watchdog_is_fed_at_half_its_time(self) -> None:
        self.assertEqual(1.5, self.period('3000000', None))
        self.assertEqual(1.5, self.period('3000000', str(os.getpid())))

    def test_the_watchdog_of_another_process_is_not_fed(self) -> None:
        self.assertIsNone(self.period('3000000', str(os.getppid())))

    def test_a_time_that_is_none_is_no_watchdog(self) -> None:
        for usec in (None, '', '0', '-1', 'soon', '1.5'):
            self.assertIsNone(self.period(usec, None))

    def test_without_systemd_nobody_hears(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('NOTIFY_SOCKET'))
        sd_notify.notify(READY=1)

    def test_that_systemd_is_gone_harms_nobody(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        self.useFixture(
            fixtures.EnvironmentVariable(
                'NOTIFY_SOCKET', os.path.join(folder, 'gone')
            )
        )
        sd_notify.notify(READY=1)

    def test_that_nobody_reads_what_is_said_holds_nobody_up(self) -> None:
        systemd = self.useFixture(fakes.Systemd())
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.sd_notify._PATIENCE', 0.001
            )
        )
        for _turn in range(100):
            sd_notify.notify(STATUS='here')
        self.assertEqual({'STATUS': 'here'}, systemd.heard()[0])
        sd_notify.notify(READY=1)
        self.assertEqual([{'READY': '1'}], systemd.heard())

    def test_an_abstract_address_is_one(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            # The kernel chooses a name.
            sock.bind('')
            name = sock.getsockname()
            self.useFixture(
                fixtures.EnvironmentVariable(
                    'NOTIFY_SOCKET', name.replace(b'\0', b'@').decode()
                )
            )
            sock.settimeout(fakes.PATIENCE)
            sd_notify.notify(READY=1)
            self.assertEqual(b'READY=1', sock.recv(99))

    def test_no_other_socket_gets_a_timeout_meanwhile(self) -> None:
        self.useFixture(fakes.Systemd())
        seen: list[object] = []
        self.useFixture(
            fixtures.MonkeyPatch('socket.setdefaulttimeout', seen.append)
        )
        self.useFixture(
            fixtures.MonkeyPatch('_socket.setdefaulttimeout', seen.append)
        )
        sd_notify.notify(READY=1)
        self.assertEqual([], seen)

    def test_values_that_belong_together_are_one_message(self) -> None:
        systemd = self.useFixture(fakes.Systemd())
        sd_notify.notify(READY=1, STATUS='all is well')
        self.assertEqual(
            [{'READY': '1', 'STATUS': 'all is well'}], systemd.heard()
        )
        # It is to be heard the next time as well.
        sd_notify.notify(READY=1)
        self.assertEqual([{'READY': '1'}], systemd.heard())
