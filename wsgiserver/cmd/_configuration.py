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

"""The configuration of the command, complete and checked."""

from collections.abc import Sequence
import contextlib
import io
import re
import sys

from oslo_config import cfg
from oslo_log import log as logging

from wsgiserver import _config
from wsgiserver._service import listening
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _errors

PROJECT = 'wsgiserver'

#: How it complains about one that could be on the command line as well.
_COMPLAINT = re.compile('argument --([^:]+): (.+)')


def configure(arguments: _arguments.Arguments) -> cfg.ConfigOpts:
    """Read the configuration files and set up the log.

    This is a ConfigOpts of its own: oslo.config's global one is left to the
    application, which may register options that are refused once it was
    called.

    :param arguments: the command line, which has the last word.
    :returns: the configuration, every value of it checked.
    :raises CommandError: if a file, or a word of the command line, can't be
        used.
    :raises OptionError: if a value can't be.
    """
    conf = cfg.ConfigOpts()
    _config.register_opts(conf)
    logging.register_options(conf)
    _read_files(conf, arguments.oslo)
    _config.check_all(conf)
    listening.check_option(conf)
    for name in ('bind_host', 'bind_port', 'workers'):
        _override(conf, name, getattr(arguments, name))
    _set_up_log(conf)
    return conf


def _read_files(conf: cfg.ConfigOpts, arguments: Sequence[str]) -> None:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), _config.reading(conf):
            conf(arguments, project=PROJECT, prog=PROJECT)
    except (cfg.Error, OSError) as error:
        raise _errors.CommandError(str(error)) from error
    except SystemExit as error:
        # The command line was read before, so this is about the value that
        # a file has for an option which could be on the command line, too.
        option, reason = _COMPLAINT.findall(said.getvalue())[-1]
        raise _config.OptionError(
            reason, option, 'DEFAULT', _files(arguments)
        ) from error
    sys.stderr.write(said.getvalue())


def _files(arguments: Sequence[str]) -> str:
    option = '--config-file='
    files = [a.removeprefix(option) for a in arguments if a.startswith(option)]
    return ', '.join(files)


def _override(conf: cfg.ConfigOpts, name: str, value: str | None) -> None:
    if value is None:
        return
    try:
        conf.set_override(name, value, group=_config.GROUP)
    except ValueError as error:
        option = '--' + name.replace('_', '-')
        raise _errors.CommandError(f'{option}: {error}') from error


def _set_up_log(conf: cfg.ConfigOpts) -> None:
    # oslo.log's own choice where no file is named is stdout, but that has
    # what the command says to its user.
    if not (conf.log_file or conf.log_dir or conf.use_journal):
        conf.set_default('use_stderr', True)
    try:
        with _config.reading(conf):
            logging.setup(conf, PROJECT)
    except (logging.LogConfigError, cfg.Error, OSError) as error:
        raise _errors.CommandError(f'the log: {error}') from error
