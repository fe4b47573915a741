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
"""Configuration files for the servers of tests."""

from collections.abc import Mapping
from typing import Any

#: What a configuration has, by ``group.name``, or ``name`` in [DEFAULT].
Options = Mapping[str, Any]

#: Has a process log to standard error, and the tests find their way in it.
LOGGING: Options = {
    'use_stderr': True,
    'logging_default_format_string': (
        '%(process)d %(levelname)s %(name)s %(message)s'
    ),
    'logging_exception_prefix': '',
}


def text(options: Options) -> str:
    """Write a configuration file."""
    groups: dict[str, list[str]] = {}
    for name, value in options.items():
        group, _dot, option = name.rpartition('.')
        line = f'{option} = {_written(value)}'
        groups.setdefault(group or 'DEFAULT', []).append(line)
    return ''.join(
        '\n'.join([f'[{group}]', *lines, ''])
        for group, lines in groups.items()
    )


def _written(value: Any) -> str:
    return ','.join(value) if isinstance(value, list) else str(value)
