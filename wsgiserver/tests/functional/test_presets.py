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

"""Every preset on the wire, as the YAML files in gabbits tell it."""

import http.client
import pathlib
import unittest

from gabbi import handlers
from gabbi import suitemaker
import testscenarios
import testtools.content
import yaml

from wsgiserver._versions import presets
from wsgiserver.tests import base
from wsgiserver.tests.functional import examples
from wsgiserver.tests.functional import harness

_FOLDER = pathlib.Path(__file__).with_name('gabbits')


class TestPresets(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    # A file has up to sixty tests, and each makes a connection.
    TIMEOUT_SCALING_FACTOR = 2

    scenarios = examples.EVERYWHERE
    preset: str
    backend: str

    def test_example_does_what_its_file_says(self) -> None:
        served = examples.shared(self.backend, 'telling')
        result = self.run_file(served.port(self.preset))
        problems = [
            *result.failures,
            *result.errors,
            *result.skipped,
            *result.expectedFailures,
        ]
        for number, (_test, trace) in enumerate(problems, 1):
            self.addDetail(
                f'problem-{number}', testtools.content.text_content(trace)
            )
        self.assertEqual(
            [], [test.shortDescription() for test, _trace in problems]
        )
        self.assertEqual([], result.unexpectedSuccesses)

    def run_file(self, port: int) -> unittest.TestResult:
        """Run the tests of a file, each once."""
        path = _FOLDER / f'{self.preset}.yaml'
        document = yaml.safe_load(path.read_text())
        # There is no TLS here, and to load the authorities takes longer than
        # a test does.
        document['defaults'] = {'cert_validate': False}
        suite = suitemaker.test_suite_from_dict(
            loader=unittest.defaultTestLoader,
            test_base_name=self.preset,
            suite_dict=document,
            test_directory=str(_FOLDER),
            host='127.0.0.1',
            port=port,
            fixture_module=None,
            intercept=None,
            handlers=[handler() for handler in handlers.RESPONSE_HANDLERS],
        )
        result = unittest.TestResult()
        suite.run(result)
        self.assertEqual(len(document['tests']), result.testsRun)
        return result


class TestBrokenResponses(  # type: ignore[misc]  # see above
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = harness.ON_BACKENDS
    backend: str

    def test_response_that_has_begun_has_the_fields_and_no_end(self) -> None:
        served = examples.shared(self.backend, 'telling')
        client = http.client.HTTPConnection(
            '127.0.0.1', served.port('nova'), timeout=harness.PATIENCE
        )
        self.addCleanup(client.close)
        asked = {'OpenStack-API-Version': 'compute 2.53'}
        client.request('GET', '/v2.1/broken-midway', headers=asked)
        response = client.getresponse()
        self.assertEqual(200, response.status)
        self.assertEqual(
            'compute 2.53', response.headers['OpenStack-API-Version']
        )
        self.assertRaises(
            (http.client.IncompleteRead, ConnectionError), response.read
        )


class TestFiles(base.TestCase):
    def test_every_preset_has_an_example_and_a_file_of_tests(self) -> None:
        names = sorted(presets.PRESETS)
        self.assertEqual(names, [*examples.NAMES])
        self.assertEqual(
            names, sorted(path.stem for path in _FOLDER.glob('*.yaml'))
        )

    def test_names_of_tests_are_unique(self) -> None:
        for path in _FOLDER.glob('*.yaml'):
            tests = yaml.safe_load(path.read_text())['tests']
            names = [test['name'] for test in tests]
            self.assertEqual(sorted(set(names)), sorted(names), path.name)
