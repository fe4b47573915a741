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

"""A deployment of Glance: its files in a folder, and a server."""

import atexit
import configparser
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from wsgiserver.tests.functional import harness

#: What Glance installs, and nothing here changes.
PASTE_FILE = os.path.join(sys.prefix, 'etc/glance/glance-api-paste.ini')

#: The callable that loads it with this library.
FACTORY = 'wsgiserver.tests.functional_glance.glance_app:make'

#: The callable that Glance tells deployers to serve.
GLANCE_OWN = 'glance.wsgi.api:application'

#: The largest image that Glance takes here, in bytes.
IMAGE_SIZE_CAP = 64 * 1024 * 1024

# Tests have temporary folders of their own; shared servers outlive them.
_FOLDER = tempfile.gettempdir()

# Nobody identifies anybody here, so everybody may do everything; but one
# upload has to be forbidden.
_POLICY = """\
context_is_admin: '@'
upload_image: "not 'private':%(visibility)s"
"""

_COMPLAINT = re.compile(
    r' (WARNING|ERROR|CRITICAL) (wsgiserver|oslo_service|cotyledon)'
)

Options = dict[str, dict[str, str]]


def _command(name: str) -> str:
    return os.path.join(os.path.dirname(sys.executable), name)


def _write(path: str, options: Options) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(options)
    with open(path, 'w') as file:
        parser.write(file)


def _new_folder() -> str:
    return tempfile.mkdtemp(prefix='wsgiserver-glance-', dir=_FOLDER)


def _options(folder: str) -> Options:
    """The configuration of a Glance that needs nothing but a folder."""
    return {
        'DEFAULT': {
            'api_paste_config': PASTE_FILE,
            'enabled_backends': 'local:file',
            'image_cache_dir': f'{folder}/cache',
            'image_cache_driver': 'sqlite',
            'image_size_cap': str(IMAGE_SIZE_CAP),
            'use_stderr': 'true',
        },
        'database': {'connection': f'sqlite:///{folder}/glance.sqlite'},
        'glance_store': {'default_backend': 'local'},
        'local': {'filesystem_store_datadir': f'{folder}/images'},
        'os_glance_staging_store': {
            'filesystem_store_datadir': f'{folder}/staging'
        },
        'os_glance_tasks_store': {
            'filesystem_store_datadir': f'{folder}/tasks'
        },
        'oslo_policy': {'policy_file': f'{folder}/policy.yaml'},
        # What Glance itself finds its paste file by.
        'paste_deploy': {'config_file': PASTE_FILE},
    }


@functools.cache
def _database() -> str:
    """Make a database as Glance does; it takes seconds, so only once."""
    folder = _new_folder()
    atexit.register(shutil.rmtree, folder)
    config = os.path.join(folder, 'glance-api.conf')
    _write(config, _options(folder))
    done = subprocess.run(
        [_command('glance-manage'), f'--config-file={config}', 'db_sync'],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f'glance-manage db_sync failed:\n{done.stderr}')
    return os.path.join(folder, 'glance.sqlite')


class Deployment:
    """Glance, served by the command ``wsgiserver``.

    :param backend: ``eventlet`` or ``threading``.
    :param workers: how many worker processes.
    :param target: the callable that is served.
    :param options: what the configuration has besides.
    """

    def __init__(
        self,
        backend: str,
        workers: int = 2,
        target: str = FACTORY,
        options: Options | None = None,
    ) -> None:
        self.folder = _new_folder()
        self._log = tempfile.TemporaryFile('w+', dir=self.folder)
        self._write_files(options or {})
        self.process = subprocess.Popen(
            [
                _command('wsgiserver'),
                f'--config-file={self.folder}/glance-api.conf',
                f'--backend={backend}',
                f'--workers={workers}',
                '--bind-port=0',
                target,
            ],
            cwd=self.folder,
            env=os.environ | {'OS_GLANCE_CONFIG_DIR': self.folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.port = self._read_port()
        self.url = f'http://127.0.0.1:{self.port}'

    def _write_files(self, options: Options) -> None:
        all_options = _options(self.folder)
        for section, values in options.items():
            all_options.setdefault(section, {}).update(values)
        _write(os.path.join(self.folder, 'glance-api.conf'), all_options)
        with open(os.path.join(self.folder, 'policy.yaml'), 'w') as file:
            file.write(_POLICY)
        for name in ('images', 'staging', 'tasks'):
            os.mkdir(os.path.join(self.folder, name))
        shutil.copy(_database(), self.folder)

    def _read_port(self) -> int:
        """Wait for the command to say where it serves."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.fullmatch(r'Open http://127\.0\.0\.1:(\d+)/\n', line)
            if found:
                return int(found[1])
        log = self.log()
        self.stop()
        raise RuntimeError(f'no server came up:\n{log}')

    def log(self) -> str:
        """What the server has logged so far."""
        return os.pread(self._log.fileno(), 1 << 26, 0).decode()

    def complaints(self) -> list[str]:
        """What it has logged that isn't of Glance and shouldn't be there."""
        return [
            line for line in self.log().splitlines() if _COMPLAINT.search(line)
        ]

    def stored(self) -> dict[str, int]:
        """The sizes of the files in Glance's store, by name."""
        with os.scandir(os.path.join(self.folder, 'images')) as entries:
            return {entry.name: entry.stat().st_size for entry in entries}

    def connect(self) -> harness.Wire:
        """Make a connection."""
        sock = socket.create_connection(
            ('127.0.0.1', self.port), harness.PATIENCE
        )
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return harness.Wire(sock)

    def terminate(self) -> None:
        """Send SIGTERM, and wait until it is heeded."""
        self.process.send_signal(signal.SIGTERM)
        harness.eventually(lambda: 'wsgiserver is stopping' in self.log())

    def stop(self) -> None:
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(harness.PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        shutil.rmtree(self.folder)


@functools.cache
def shared(backend: str) -> Deployment:
    """The deployment that the tests of this process share."""
    deployment = Deployment(backend)
    atexit.register(deployment.stop)
    return deployment
