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

"""An engine in a process of its own, which does what it is told.

``python -m wsgiserver.tests.unit.engine.child`` and a JSON object:

- ``engine``: eventlet or threading;
- ``settings``: what they have other than by default;
- ``tls``: the files of certificate and key, or null;
- ``stop_first``: whether it is stopped ahead of its start;
- ``spans``: names of this library, and how many seconds they are to stand for.

The port is written to standard output. Then each line of standard input is the
name of a method of :class:`Control`, with its arguments, and is answered with
a line. SIGUSR1 stops the engine.
"""

import _thread
from collections.abc import Callable
import dataclasses
import functools
import importlib
import json
import logging
import os
import signal
import socket
import ssl
import sys
import time
from typing import Any

# Before eventlet replaces them: the commands come in a thread of their own.
_start_thread = _thread.start_new_thread
_sleep = time.sleep
_allocate_lock = _thread.allocate_lock


def _context(files: list[str]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*files)
    return made


def _answer(value: Any) -> None:
    os.write(1, json.dumps(value).encode() + b'\n')


class Control:
    """What a test can have done, from a thread that is not the engine's.

    :param engine: the engine.
    :param gateway_of: makes a gateway that answers /text with a text.
    """

    def __init__(self, engine: Any, gateway_of: Callable[[str], Any]) -> None:
        self._engine = engine
        self._gateway_of = gateway_of
        self._back = 0
        self.main_is_back = False
        self._hook_fails = False
        self._is_held = False
        self._drain_began = _allocate_lock()
        self._drain_began.acquire()
        self._may_drain = _allocate_lock()
        self._may_drain.acquire()
        self.ticks = 0
        self.limits = 0
        engine.on_tick = self._on_tick
        engine.on_limit = self._on_limit

    def _on_tick(self) -> None:
        self.ticks += 1
        if self._hook_fails:
            raise LookupError('the hook fails')

    def _on_limit(self) -> None:
        self.limits += 1

    def run(self) -> None:
        """Do what each line says."""
        for line in os.fdopen(0, 'rb', closefd=False):
            name, *arguments = json.loads(line)
            _answer(getattr(self, name)(*arguments))
        os._exit(0)

    def stop(self, delay: float = 0.0, has_successor: bool = False) -> None:
        self._engine.stop(delay, has_successor)

    def hold_drain(self) -> None:
        """Stop it, and hold up its reactor before it looks at what waits."""
        close = self._engine._acceptor.close

        def hold() -> None:
            close()
            self._drain_began.release()
            self._may_drain.acquire()

        self._engine._acceptor.close = hold
        self._engine.stop()
        self._drain_began.acquire()

    def refuse_threads(self) -> None:
        """Have no thread be started any more, as at a limit of the system."""

        def refuse(*_args: object) -> None:
            raise RuntimeError("can't start new thread")

        module: Any = importlib.import_module('wsgiserver._engine.pool_thread')
        module.spawn = refuse

    def let_drain(self) -> None:
        """Let it go on."""
        self._may_drain.release()

    def stop_late(self) -> None:
        """Have all be over before stop() has woken the reactor."""
        told = self._engine._stop.tell

        def tell(delay: float, has_successor: bool) -> bool:
            is_first: bool = told(delay, has_successor)
            self._engine.wait()
            return is_first

        self._engine._stop.tell = tell
        self._engine.stop()

    def is_woken_no_more(self) -> bool:
        """Whether the descriptor that wakes the reactor is closed."""
        try:
            os.fstat(self._engine._wakeup.fileno)
        except OSError:
            return True
        return False

    def stop_by_signal(self) -> None:
        """Have a signal handler call stop(), and the main thread sleep on.

        As if the signal had come just before the main thread began to wait.
        """
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
        signal.raise_signal(signal.SIGUSR1)

    def wait(self, timeout: float | None = None) -> bool:
        ended: bool = self._engine.wait(timeout)
        return ended

    def have_wait(self, count: int) -> None:
        """Have so many threads wait for the end."""
        for _turn in range(count):
            _start_thread(self._wait, ())

    def _wait(self) -> None:
        self._engine.wait()
        self._back += 1

    def back(self) -> int:
        """How many of these threads have returned."""
        return self._back

    def look(self) -> dict[str, Any]:
        """What the engine tells of itself."""
        engine = self._engine
        return {
            'states': {s.name: n for s, n in engine.count().items()},
            'served': engine.served,
            'turned': engine.turned,
            'ticks': self.ticks,
            'limits': self.limits,
            'main is back': self.main_is_back,
        }

    def naps_until(self, ticks: int) -> int:
        """How many naps of a tenth of a second pass until so many ticks.

        A machine that is busy holds up both.
        """
        naps = 0
        while self.ticks < ticks:
            _sleep(0.1)
            naps += 1
        return naps

    def running(self) -> list[dict[str, Any]]:
        return [
            {
                'method': found.method,
                'target': found.target,
                'peer': found.peer,
                'age': found.age,
                'functions': [frame.name for frame in found.stack],
            }
            for found in self._engine.running()
        ]

    def break_hook(self) -> None:
        self._hook_fails = True

    def end_refusals(self) -> None:
        """Have the time be over in which refusals are counted."""
        self._engine.refusals._until = 0.0

    def limit(self, requests: int) -> None:
        self._engine.request_limit = requests

    def swap(self, text: str) -> None:
        """Have another pipeline."""
        self._engine.gateway = self._gateway_of(text)

    def certify(self, *files: str) -> None:
        """Have another certificate."""
        self._engine.set_tls(_context(list(files)))

    def hold_log(self) -> None:
        """Have whoever logs an error wait, until :meth:`release_log`."""
        self._is_held = True
        logging.getLogger('wsgiserver.watchdog').addFilter(self._hold)

    def _hold(self, _record: logging.LogRecord) -> bool:
        while self._is_held:
            time.sleep(0.01)
        return True

    def release_log(self) -> None:
        """Have them go on; nothing else takes too long from now on."""
        gateway = self._engine.gateway
        gateway.settings = dataclasses.replace(
            gateway.settings, request_timeout=None
        )
        self._is_held = False

    def pollers(self) -> int:
        """How many threads wait for something to happen."""
        frames = sys._current_frames().values()
        return sum(frame.f_code.co_name == '_poll' for frame in frames)


def main() -> None:
    """Serve until standard input ends."""
    given = json.loads(sys.argv[1])
    name = given['engine']
    if given['engine'] == 'eventlet':
        importlib.import_module('wsgiserver._engine.patching').monkey_patch()
    module: Any = importlib.import_module(f'wsgiserver._engine.{name}_engine')
    # What they import is to be patched.
    from wsgiserver.tests.unit.engine import apps
    from wsgiserver.tests.unit.wsgi import fakes

    logging.basicConfig(format='%(levelname)s %(message)s')
    logging.getLogger('wsgiserver.refusals').setLevel(logging.INFO)

    def gateway_of(text: str) -> Any:
        app = functools.partial(apps.app, text)
        return fakes.gateway_of(app, given['settings'])

    for span, seconds in given['spans'].items():
        module_name, _dot, constant = span.rpartition('.')
        setattr(importlib.import_module(module_name), constant, seconds)
    engine = module.Engine(gateway_of('first'))
    signal.signal(signal.SIGUSR1, lambda *_args: engine.stop())
    sock = socket.create_server(('127.0.0.1', 0), backlog=512)
    tls = _context(given['tls']) if given['tls'] else None
    engine.listen(sock, fakes.base_environ(), tls)
    control = Control(engine, gateway_of)
    # For the main thread alone: nothing would interrupt its wait otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    if given['stop_first']:
        engine.stop()
    engine.start()
    _answer(sock.getsockname()[1])
    sock.close()
    _start_thread(control.run, ())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    engine.wait()
    control.main_is_back = True
    while True:
        signal.pause()


if __name__ == '__main__':
    main()
