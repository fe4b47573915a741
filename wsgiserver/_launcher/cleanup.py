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

"""Cleanup behind worker processes that have ended."""

import importlib
import logging
import os

LOG = logging.getLogger('wsgiserver.launcher')


def clear(pid: int) -> None:
    """Clean up behind a worker process that has ended.

    If the application counts with prometheus_client over several processes,
    its gauges of those that live would have the values of this one for ever
    (``prometheus_client.multiprocess.mark_process_dead``).

    :param pid: its process id.
    """
    if not os.path.isdir(os.environ.get('PROMETHEUS_MULTIPROC_DIR', '')):
        return
    try:
        module = importlib.import_module('prometheus_client.multiprocess')
        module.mark_process_dead(pid)
    except (ImportError, OSError) as error:
        LOG.debug('The gauges of process %d stay: %s', pid, error)
