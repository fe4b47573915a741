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

"""Options of logs, reports and metrics."""

from oslo_config import cfg

observing_opts: list[cfg.Opt] = [
    cfg.StrOpt(
        'access_log_format',
        mutable=True,
        default='text',
        choices=[
            ('text', 'lines in the format that wsgi_log_format gives'),
            ('json', 'a JSON object for each line, with all fields'),
        ],
        help='How the lines of the access log are written.',
    ),
    cfg.DictOpt(
        'access_log_levels',
        mutable=True,
        default={},
        help='The levels of lines of the access log, by the class of the '
        'status: 1xx to 5xx, and none for requests without a response. '
        '"4xx:WARNING,5xx:ERROR" lets a log tell the failures apart; '
        '"2xx:OFF" leaves out the successes. Those not named have INFO. A '
        'line that its logger would drop is not formatted.',
    ),
    cfg.BoolOpt(
        'metrics',
        mutable=True,
        default=True,
        help='Whether requests are counted and timed, for '
        'egg:os-wsgiserver#metrics and egg:os-wsgiserver#status. It takes '
        'about half a microsecond for each.',
    ),
    cfg.ListOpt(
        'metrics_routes',
        mutable=True,
        default=['/v1', '/v2', '/v2.0', '/v2.1', '/v3', '/healthcheck'],
        help='The beginnings of paths that are counted apart, in whole '
        'segments; the longest one counts, and "other" where there is none. '
        '31 at most. They are named here, for clients that made up paths '
        'could fill the memory of Prometheus otherwise.',
    ),
    cfg.FloatOpt(
        'queue_wait_warning',
        mutable=True,
        default=1.0,
        min=0.0,
        help='After how many seconds of waiting for a free worker a request '
        'is worth a warning, of which there is one a minute: either '
        'wsgi_default_pool_size is too small, or what the workers wait for '
        'is too slow. It is logged as well when something blocks the reactor '
        'for as long. The default is what a person notices. 0 turns it off.',
    ),
]
