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

"""The status page in a browser, while its server is under load.

STATUS_PAGE_SHOTS names a folder for what the browser shows.
"""

from __future__ import annotations

import os
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome import service as chrome_service
from selenium.webdriver.common import by
from selenium.webdriver.remote import webelement

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import metrics
from wsgiserver.tests.functional_deploy import programs

#: The sizes of the window, in pixels.
NARROW, WIDE = (360, 740), (1400, 1000)

_SHOTS = os.environ.get('STATUS_PAGE_SHOTS', '')


class Browser:
    """Chromium without a window.

    :param size: of the page, in pixels.
    :param scheme: ``light`` or ``dark``.
    """

    def __init__(self, size: tuple[int, int], scheme: str) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = programs.find('chromium')
        for argument in (
            *('--headless=new', '--disable-gpu', '--disable-dev-shm-usage'),
            # The tests may be root's, and load nothing but what is theirs.
            *('--no-sandbox', '--no-first-run', '--disable-extensions'),
            '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        ):
            options.add_argument(argument)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        self.driver = webdriver.Chrome(
            options,
            chrome_service.Service(programs.find('chromedriver')),
        )
        self.driver.set_page_load_timeout(harness.PATIENCE)
        self._call(
            'Emulation.setDeviceMetricsOverride',
            *[('width', size[0]), ('height', size[1])],
            *[('deviceScaleFactor', 1), ('mobile', False)],
        )
        feature = {'name': 'prefers-color-scheme', 'value': scheme}
        self._call('Emulation.setEmulatedMedia', ('features', [feature]))

    def _call(self, name: str, *arguments: tuple[str, Any]) -> None:
        self.driver.execute_cdp_cmd(name, dict(arguments))

    def element(self, selector: str) -> webelement.WebElement:
        """Wait for an element."""
        find = self.driver.find_elements
        harness.eventually(lambda: bool(find(by.By.CSS_SELECTOR, selector)))
        return self.driver.find_element(by.By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Read the text of an element."""
        # It is replaced at any moment.
        script = 'return document.querySelector(arguments[0]).textContent'
        return str(self.driver.execute_script(script, selector))

    def number(self, selector: str) -> float:
        """Read a number as the page shows it."""
        return float(self.text(selector).replace(',', '').replace('–', 'nan'))

    def value(self, selector: str) -> float:
        """Read the figure behind what the page shows."""
        found = self.element(selector).get_attribute('data-value')
        return float(found or 'nan')

    def attribute(self, selector: str, name: str) -> str:
        """Read an attribute of an element."""
        return str(self.element(selector).get_attribute(name))

    def script(self, text: str) -> Any:
        """Run a script, and return what it returns."""
        return self.driver.execute_script(text)

    def complaints(self) -> list[str]:
        """What the browser has against the page."""
        get_log: Any = self.driver.get_log
        return [entry['message'] for entry in get_log('browser')]

    def keep(self, name: str) -> None:
        """Keep what is shown, if there is a folder for it."""
        if not _SHOTS:
            return
        height = self.script('return document.documentElement.scrollHeight')
        width = self.script('return innerWidth')
        self._call(
            'Emulation.setDeviceMetricsOverride',
            *[('width', width), ('height', height)],
            *[('deviceScaleFactor', 1), ('mobile', False)],
        )
        self.driver.save_screenshot(os.path.join(_SHOTS, f'{name}.png'))


class PageTest(launched.LaunchedTest):
    scenarios = harness.ON_BACKENDS

    def open(
        self,
        server: harness.ServerProcess,
        size: tuple[int, int] = WIDE,
        scheme: str = 'light',
    ) -> Browser:
        """Open the page in a browser that ends with the test."""
        browser = Browser(size, scheme)
        self.addCleanup(browser.driver.quit)
        browser.driver.get(f'http://127.0.0.1:{server.address}/status')
        return browser

    def wait_for_state(self, browser: Browser, state: str) -> None:
        """Wait until the page says that the server is so."""
        harness.eventually(
            lambda: browser.attribute('#verdict', 'data-state') == state
        )

    def loaded(self, server: harness.ServerProcess) -> load.Load:
        """Make a load that ends with the test, and wait until it is on."""
        clients = load.Load(server.connect, 8, '/hello')
        clients.__enter__()
        self.addCleanup(clients.__exit__, None, None, None)
        harness.eventually(lambda: clients.answered > 100)
        return clients


class TestNumbers(PageTest):
    def test_they_are_those_of_the_server_and_move(self) -> None:
        server = self.serve(workers=2, paste=metrics.PASTE)
        clients = self.loaded(server)
        browser = self.open(server)
        self.wait_for_state(browser, 'ok')
        first = browser.number('#requests-total')
        self.assertGreater(first, 90)
        harness.eventually(
            lambda: browser.number('#requests-total') > first + 200
        )
        self.assertLess(
            browser.number('#requests-total'), clients.answered * 1.2 + 100
        )
        harness.eventually(lambda: browser.value('#requests-rate') > 10)
        harness.eventually(lambda: browser.value('#connections') >= 8)
        self.assertEqual('2', browser.text('#workers'))
        pids = {
            int(browser.text(f'[data-worker="{number}"] .pid'))
            for number in (0, 1)
        }
        self.assertEqual(set(self.workers_of(server, 2)), pids)
        rates = [
            browser.number(f'[data-worker="{number}"] .rate')
            for number in (0, 1)
        ]
        self.assertGreater(sum(rates), 10)
        self.assertEqual([], browser.complaints())

    def test_a_server_that_is_gone_is_seen(self) -> None:
        server = self.serve(paste=metrics.PASTE)
        browser = self.open(server)
        self.wait_for_state(browser, 'ok')
        server.terminate()
        self.wait_for_state(browser, 'stale')
        self.assertIn('No answer', browser.text('#verdict-text'))

    def test_running_requests_are_seen(self) -> None:
        # One worker can have all of the three, and answers the page still.
        server = self.serve(
            workers=2,
            paste=metrics.PASTE,
            options={'wsgi_default_pool_size': 4},
        )
        browser = self.open(server)
        self.wait_for_state(browser, 'ok')
        held = [self.connect(server) for _turn in range(3)]
        for wire in held:
            # It runs until the client leaves.
            wire.send(harness.request('GET', '/until_left'))
        harness.eventually(lambda: sum(self.busy(browser)) >= 3)
        for wire in held:
            wire.socket.close()
        harness.eventually(lambda: sum(self.busy(browser)) <= 1)

    def busy(self, browser: Browser) -> list[float]:
        """Read how many places are busy, worker by worker."""
        return [
            browser.number(f'[data-worker="{number}"] .busy')
            for number in (0, 1)
        ]


class TestLooks(PageTest):
    """Light and dark, narrow and wide."""

    scenarios: list[tuple[str, dict[str, Any]]] = [
        (f'{scheme},{name}', {'scheme': scheme, 'size': size, 'look': name})
        for scheme in ('light', 'dark')
        for name, size in (('narrow', NARROW), ('wide', WIDE))
    ]
    backend = 'threading'
    scheme: str
    size: tuple[int, int]
    look: str

    def test_all_of_it_fits(self) -> None:
        server = self.serve(
            workers=2,
            paste=metrics.PASTE,
            options={'wsgiserver.metrics_routes': '/hello,/status,/pid'},
        )
        self.loaded(server)
        browser = self.open(server, self.size, self.scheme)
        harness.eventually(
            lambda: int(browser.attribute(':root', 'data-samples')) >= 8
        )
        wanted, there = browser.script(
            'const page = document.documentElement;'
            'return [page.scrollWidth, page.clientWidth]'
        )
        self.assertEqual(there, wanted)
        self.assertLess(self.size[0] - there, 20)
        # The colours follow the scheme: light text on a dark ground, or not.
        ground, text = (
            self.brightness(browser, name)
            for name in ('background-color', 'color')
        )
        self.assertEqual(self.scheme == 'light', ground > text)
        self.assertGreater(abs(ground - text), 120)
        self.assertEqual([], browser.complaints())
        browser.keep(f'status-{self.scheme}-{self.look}')

    def brightness(self, browser: Browser, name: str) -> float:
        """Read a colour of the page; 0 is black, 255 is white."""
        colour = browser.script(
            'return getComputedStyle(document.body)'
            f'.getPropertyValue("{name}")'
        )
        numbers = str(colour).partition('(')[2].rstrip(')').split(',')
        return sum(float(number) for number in numbers[:3]) / 3
