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

"""Which engines there are, and when one can be made."""

import types
from typing import Any

import fixtures

from wsgiserver._engine import registry
from wsgiserver._engine import threading_engine
from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes


class RegistryTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.gateway = fakes.gateway_of(fakes.app_of())

    def make(self, name: str | None) -> Any:
        """Have engines made that tell what they are made of."""

        def load(name: str) -> Any:
            return types.SimpleNamespace(Engine=lambda given: (name, given))

        with fixtures.MonkeyPatch('wsgiserver._engine.registry.load', load):
            return registry.make(name, self.gateway)

    def test_the_engines_are_named_where_another_one_is_asked_for(
        self,
    ) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, registry.check, 'asyncio'
        )
        self.assertIn('eventlet, threading, not asyncio', str(error))

    def test_each_engine_and_none_can_be_asked_for(self) -> None:
        for name in ('eventlet', 'threading', None):
            registry.check(name)

    def test_an_engine_is_made_by_its_name(self) -> None:
        self.assertEqual(('eventlet', self.gateway), self.make('eventlet'))

    def test_the_backend_has_a_say_where_there_is_no_name(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._engine.registry.backend_name', lambda: 'threading'
            )
        )
        self.assertEqual(('threading', self.gateway), self.make(None))

    def test_what_is_loaded_by_a_name_is_its_module(self) -> None:
        self.assertIs(threading_engine, registry.load('threading'))

    def test_threads_need_a_library_that_nobody_has_patched(self) -> None:
        # eventlet takes epoll out of the module.
        self.useFixture(
            fixtures.MonkeyPatch('select.epoll', fixtures.MonkeyPatch.delete)
        )
        error = self.assertRaises(RuntimeError, self.make, 'threading')
        self.assertIn('eventlet has patched it', str(error))
