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

"""The public face of the library; nothing is defined here."""

from wsgiserver.exceptions import ConfigNotFound
from wsgiserver.exceptions import InvalidInput
from wsgiserver.exceptions import PasteAppNotFound
from wsgiserver.loader import Loader
from wsgiserver.middleware import Debug
from wsgiserver.middleware import Middleware
from wsgiserver.middleware import VersionNegotiationFilter
from wsgiserver.middleware import VersionsApp
from wsgiserver.opts import list_opts
from wsgiserver.opts import register_opts
from wsgiserver.resource import Resource
from wsgiserver.routing import APIMapper
from wsgiserver.routing import DefaultMethodController
from wsgiserver.routing import RejectMethodController
from wsgiserver.routing import Request
from wsgiserver.routing import Router
from wsgiserver.serialization import JSONRequestDeserializer
from wsgiserver.serialization import JSONResponseSerializer
from wsgiserver.server import Server

__all__ = (
    'APIMapper',
    'ConfigNotFound',
    'Debug',
    'DefaultMethodController',
    'InvalidInput',
    'JSONRequestDeserializer',
    'JSONResponseSerializer',
    'Loader',
    'Middleware',
    'PasteAppNotFound',
    'RejectMethodController',
    'Request',
    'Resource',
    'Router',
    'Server',
    'VersionNegotiationFilter',
    'VersionsApp',
    'list_opts',
    'register_opts',
)
