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

"""The command line of ``wsgiserver``.

It is read before anything else is imported: what comes next depends on the
backend that it names.
"""

import argparse
from collections.abc import Sequence
import dataclasses
import importlib
from typing import Any
from typing import NoReturn

from wsgiserver._engine import backends

_DESCRIPTION = """\
Serve a WSGI application. With nothing else on the command line, that is a
small images service, on http://127.0.0.1:8000/, to see the server at work.
"""

_EPILOG = """\
examples:
  wsgiserver
  wsgiserver --config-file /etc/service/service.conf
  wsgiserver ./api-paste.ini --app-name public --workers 4
  wsgiserver glance.common.wsgi_app:init_app --factory
  wsgiserver keystone.wsgi.api:application -- --config-file keystone.conf

What follows -- is for the application: it finds it in sys.argv.

Every other option of the server, and of the log, is set in a configuration
file, or in the environment: OS_WSGISERVER__KEEP_ALIVE_TIMEOUT=30.
"""

#: Options that oslo.config and oslo.log have, and read by themselves.
_PASSED_ON = (
    (
        '--config-file',
        'PATH',
        'a configuration file; may be given several times, later files win. '
        'api_paste_config in it names the application (default: '
        'wsgiserver.conf in /etc/wsgiserver or ~/.wsgiserver, if it exists)',
    ),
    (
        '--config-dir',
        'DIR',
        'a directory of configuration files, *.conf, read in sorted order',
    ),
    ('--log-file', 'PATH', 'write the log to this file'),
    ('--log-dir', 'DIR', 'the directory of the log file'),
    (
        '--log-config-append',
        'PATH',
        "a file that configures Python's logging, in place of all of this",
    ),
)


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What the command line says; None where it says nothing."""

    #: A paste file, or ``package.module:callable``.
    app: str | None
    #: The name of the application in the paste file.
    app_name: str
    #: Whether the callable is a factory; None to find out.
    factory: bool | None
    backend: str
    workers: str | None
    bind_host: str | None
    bind_port: str | None
    #: The arguments of the application, which finds them in ``sys.argv``.
    app_arguments: tuple[str, ...]
    #: The arguments for oslo.config, in their order.
    oslo: tuple[str, ...]
    #: Whether to load and bind everything, and then to end.
    check: bool
    #: Whether to show what the paste file describes, and then to end.
    show_pipeline: bool


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line.

    :param argv: the arguments, without the name of the command.
    :returns: what they say.
    :raises SystemExit: after ``--help`` and ``--version``, and with status 1
        where something is wrong.
    """
    own, theirs = _divide(argv)
    found = vars(_parser().parse_args(own))
    return Arguments(
        **found | {'oslo': tuple(found['oslo']), 'app_arguments': theirs}
    )


def _divide(argv: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """Tell the arguments of the command from those of the application."""
    if '--' not in argv:
        return argv, ()
    end = argv.index('--')
    return argv[:end], tuple(argv[end + 1 :])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with one line; the usage would hide it."""
        self.exit(1, f'{self.prog}: {message} (try --help)\n')


class _PassOnAction(argparse.Action):
    """Action that keeps an option and its value for oslo.config."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        # One word, so that a value may begin with a dash.
        word = (
            option_string if self.nargs == 0 else f'{option_string}={values}'
        )
        namespace.oslo = [*namespace.oslo, word]


class _VersionAction(argparse.Action):
    """Action that prints the version, which takes long to find out."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        from wsgiserver import version

        print(parser.prog, version.version_string())
        parser.exit(0)


class _CompletionAction(argparse.Action):
    """Action that prints a shell's completion; the choices are shtab's."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        try:
            shtab: Any = importlib.import_module('shtab')
        except ImportError:
            parser.error('completion needs os-wsgiserver[completion]')
        if values not in shtab.SUPPORTED_SHELLS:
            known = ', '.join(shtab.SUPPORTED_SHELLS)
            parser.error(f'argument {option_string}: one of {known}')
        print(shtab.complete(parser, shell=values))
        parser.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog='wsgiserver',
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(oslo=[])
    parser.add_argument(
        '--print-completion',
        action=_CompletionAction,
        metavar='SHELL',
        dest=argparse.SUPPRESS,
        help='print what has bash, zsh or tcsh complete this command, and '
        'exit; needs os-wsgiserver[completion]',
    )
    parser.add_argument(
        '--version',
        action=_VersionAction,
        nargs=0,
        dest=argparse.SUPPRESS,
        help='print the version and exit',
    )
    _add_application(parser.add_argument_group('the application'))
    _add_server(parser.add_argument_group('the server'))
    _add_configuration(parser.add_argument_group('configuration and log'))
    _add_questions(
        parser.add_argument_group(
            'instead of serving'
        ).add_mutually_exclusive_group()
    )
    return parser


def _add_questions(group: argparse._MutuallyExclusiveGroup) -> None:
    group.add_argument(
        '--check',
        action='store_true',
        help='load the configuration, the application and the certificates, '
        'listen for a moment and exit; the status says whether all of it can '
        'be used',
    )
    group.add_argument(
        '--show-pipeline',
        action='store_true',
        help='show the filters and applications of the paste file, with '
        'their factories and options, and exit',
    )


def _add_application(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        'app',
        nargs='?',
        metavar='APP',
        help='a paste file, or package.module:callable, where the callable '
        'is a WSGI application or returns one',
    )
    group.add_argument(
        '--app-name',
        default='main',
        metavar='NAME',
        help='the application of the paste file to serve (default: main)',
    )
    group.add_argument(
        '--factory',
        action=argparse.BooleanOptionalAction,
        help='the callable is a factory, called without arguments, or is '
        'not; by default its signature decides',
    )


def _add_server(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--backend',
        choices=(backends.EVENTLET, backends.THREADING),
        default=backends.THREADING,
        help='what runs the requests: green threads or native ones '
        '(default: threading)',
    )
    group.add_argument(
        '--workers',
        metavar='N',
        help='worker processes (default: one for each processor, at most 8)',
    )
    group.add_argument(
        '--bind-host',
        metavar='ADDRESS',
        help='the address to listen on (default: 127.0.0.1)',
    )
    group.add_argument(
        '--bind-port',
        metavar='PORT',
        help='the port to listen on, 0 for any (default: 8000)',
    )


def _add_configuration(group: argparse._ArgumentGroup) -> None:
    for option, metavar, text in _PASSED_ON:
        group.add_argument(
            option,
            action=_PassOnAction,
            dest='oslo',
            metavar=metavar,
            help=text,
        )
    group.add_argument(
        '--debug',
        action=_PassOnAction,
        dest='oslo',
        nargs=0,
        help='log at DEBUG, with the traceback of whatever went wrong',
    )
