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

"""What a paste file can ``use`` from this distribution, beside the filters."""

from wsgiserver._factories.hello import Hello
from wsgiserver._factories.hello import hello_app_factory
from wsgiserver._factories.pipelines import pipeline_factory
from wsgiserver._factories.serving import server_factory
from wsgiserver._factories.serving import server_runner
from wsgiserver._factories.urlmap import URLMap
from wsgiserver._factories.urlmap import urlmap_factory

__all__ = (
    'Hello',
    'URLMap',
    'hello_app_factory',
    'pipeline_factory',
    'server_factory',
    'server_runner',
    'urlmap_factory',
)
