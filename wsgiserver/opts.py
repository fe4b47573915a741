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

"""The options of this library, for services and for oslo-config-generator."""

import copy

from oslo_config import cfg

from wsgiserver import _config


def list_opts() -> list[tuple[str | None, list[cfg.Opt]]]:
    """List the options (the entry point ``oslo.config.opts``).

    :returns: pairs of a group's name, None for ``[DEFAULT]``, and copies of
        its options.
    """
    return [(group, copy.deepcopy(opts)) for group, opts in _config.GROUPS]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options, as :class:`wsgiserver.wsgi.Server` does too.

    :param conf: the ConfigOpts to register in.
    """
    _config.register_opts(conf)
