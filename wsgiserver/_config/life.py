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

"""Options of worker processes, time-outs and stopping."""

from oslo_config import cfg

life_opts: list[cfg.Opt] = [
    cfg.IntOpt(
        'workers',
        mutable=True,
        min=1,
        deprecated_opts=[cfg.DeprecatedOpt('workers', group='DEFAULT')],
        help='How many worker processes serve. The default is one for each '
        'processor this process may use, at most 8.',
    ),
    cfg.IntOpt(
        'max_requests',
        mutable=True,
        default=0,
        min=0,
        help='After how many requests a worker process is replaced, for '
        'applications that leak. It finishes what it runs, and on '
        'wsgiserver.launcher the next one serves already. The default of 0 '
        'sets no limit.',
    ),
    cfg.IntOpt(
        'max_requests_jitter',
        mutable=True,
        min=0,
        help='By how many requests at most each worker process goes on '
        'beyond max_requests, at random, so that they are not replaced at the '
        'same time. The default is a tenth of max_requests.',
    ),
    cfg.IntOpt(
        'request_timeout',
        mutable=True,
        default=0,
        min=0,
        help='How many seconds a request may run. A longer one is logged '
        'with its stack. On eventlet it is ended, and answered with 503; on '
        'native threads, which nobody can end, its connection is cut. The '
        'default of 0 sets no limit, for an upload may take hours.',
    ),
    cfg.IntOpt(
        'drain_delay',
        mutable=True,
        default=0,
        min=0,
        help='How many seconds a server that is told to stop goes on '
        "accepting, while environ['wsgiserver.draining'] and the health "
        'check behind the filter egg:os-wsgiserver#draining say that it is '
        'to end. A load balancer needs as long as its check interval times '
        'the failures after which it takes a node out, plus the time of one '
        'check. It is a part of graceful_shutdown_timeout. The default of 0 '
        'suits a service that nobody checks.',
    ),
    cfg.IntOpt(
        'worker_heartbeat_timeout',
        mutable=True,
        default=0,
        min=0,
        help='How many seconds the reactor of a worker process may stand '
        'still, because something blocks it, until the process is killed and '
        'replaced, with the stacks of its threads on standard error. It has '
        'to be longer than any call of the application that blocks eventlet. '
        'The default of 0 leaves it alone.',
    ),
    cfg.StrOpt(
        'report_signal',
        default='SIGUSR2',
        help='The signal that has each process write a Guru Meditation '
        'Report, if oslo.reports is installed: pip install '
        'os-wsgiserver[reports]. Empty: none.',
    ),
]
