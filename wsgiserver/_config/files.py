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

"""Errors of configuration files that aren't text, as oslo.config has them."""

import codecs
from collections.abc import Iterator
import contextlib
import traceback

from oslo_config import cfg

from wsgiserver._i18n import _


@contextlib.contextmanager
def reading(conf: cfg.ConfigOpts) -> Iterator[None]:
    """Context manager in which configuration files are read.

    oslo.config lets a file that isn't UTF-8, or whatever the locale says, be
    an error that doesn't name the file; and a byte order mark, which editors
    don't show, be a line that makes no sense.

    :param conf: the configuration.
    :raises ConfigFileParseError: if a file is not text; it names the file.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        path = _path(error, conf)
        if path is None:
            raise
        raise cfg.ConfigFileParseError(path, str(error)) from error
    except cfg.ConfigFileParseError as error:
        if not _is_marked(error.config_file):
            raise
        raise cfg.ConfigFileParseError(
            error.config_file, _('it begins with a byte order mark')
        ) from error


def _is_marked(path: str) -> bool:
    with contextlib.suppress(OSError), open(path, 'rb') as file:
        return file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return False


def _path(error: UnicodeDecodeError, conf: cfg.ConfigOpts) -> str | None:
    """Path of the file that was being read."""
    for frame, _lineno in traceback.walk_tb(error.__traceback__):
        parser = frame.f_locals.get('self')
        if isinstance(parser, cfg.ConfigParser):
            return str(parser.filename)
    # Hooks of a reset read others, and that of oslo.log is the one we know.
    path: str | None = None
    if 'log_config_append' in conf:
        path = conf.log_config_append
    return path
