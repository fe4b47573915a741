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

"""The errors that a caller of the public interface can meet."""

from wsgiserver._i18n import _


class WSGIServerError(Exception):
    """The base of every error that this library raises by itself."""


class ConfigNotFound(WSGIServerError):
    """The paste configuration file is nowhere to be found.

    :param path: the file name, as ``api_paste_config`` gives it.
    """

    def __init__(self, path: str) -> None:
        super().__init__(
            _('Could not find config at %(path)s') % {'path': path}
        )
        self.path = path


class PasteAppNotFound(WSGIServerError):
    """The paste configuration file has no application of that name.

    :param name: the name of the application.
    :param path: the file that was read.
    """

    def __init__(self, name: str, path: str) -> None:
        super().__init__(
            _("Could not load paste app '%(name)s' from %(path)s")
            % {'name': name, 'path': path}
        )
        self.name = name
        self.path = path


class PasteLoadError(WSGIServerError):
    """The paste configuration file names something that can't be loaded.

    :param message: one line naming the file, the section, the option where
        one is at fault, and the cause.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


class InvalidInput(WSGIServerError):
    """An argument has a value that the server can't work with.

    :param reason: what is wrong with it, in one sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            _('Invalid input received: %(reason)s') % {'reason': reason}
        )
        self.reason = reason


class ListenError(WSGIServerError, OSError):
    """The address of a listener can't be used.

    :param errno: the number of the operating system's error.
    :param message: one line naming the address and the cause.
    """

    def __init__(self, errno: int, message: str) -> None:
        OSError.__init__(self, errno, message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class ResetError(WSGIServerError):
    """What a server was to load anew is unusable; it goes on with the old.

    :param message: one line that says what is wrong, and where.
    """


class ClientDisconnected(WSGIServerError, OSError):
    """The client went away, or stopped taking part, during a request.

    Raised by ``wsgi.input`` and by the ``write()`` callable.
    """


class RequestTimeout(BaseException):
    """A request ran for longer than ``request_timeout``.

    Raised within the application, wherever it happens to wait, and only on
    eventlet. It is no Exception, so that an application that goes on after
    any error of its own ends all the same; its ``finally`` clauses run.
    """

    def __init__(self) -> None:
        super().__init__(_('the request took too long'))


class RequestBodyError(WSGIServerError, OSError):
    """The request body can't be read to its end.

    Raised by ``wsgi.input``: what was read before is a part of the body at
    best. An application that doesn't catch it has the request answered with
    the status.

    :param status: the status line of the answer, such as
        ``400 Bad Request``.
    :param reason: what is wrong with the body.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
