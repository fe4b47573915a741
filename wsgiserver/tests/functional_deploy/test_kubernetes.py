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

import configparser
from typing import Any

import kubernetes_validate
import yaml

from wsgiserver.tests import base
from wsgiserver.tests.functional_deploy import programs

#: The releases whose schema it has to fit.
_RELEASES = ('1.28', '1.30')


class TestManifest(base.TestCase):
    """The manifest that ships."""

    def setUp(self) -> None:
        super().setUp()
        text = programs.shipped('kubernetes.yaml')
        self.documents: list[Any] = list(yaml.safe_load_all(text))
        self.kinds = {each['kind']: each for each in self.documents}

    def test_it_has_the_schema(self) -> None:
        for release in _RELEASES:
            for document in self.documents:
                kubernetes_validate.validate(document, release, strict=True)

    def test_the_service_is_not_roots(self) -> None:
        pod = self.kinds['Deployment']['spec']['template']['spec']
        self.assertTrue(pod['securityContext']['runAsNonRoot'])
        self.assertGreater(pod['securityContext']['runAsUser'], 0)

    def test_a_pod_has_the_time_that_its_end_takes(self) -> None:
        options = configparser.ConfigParser()
        options.read_string(self.kinds['ConfigMap']['data']['example.conf'])
        pod = self.kinds['Deployment']['spec']['template']['spec']
        drain = options.getint('DEFAULT', 'graceful_shutdown_timeout')
        self.assertGreater(pod['terminationGracePeriodSeconds'], drain)
        probe = pod['containers'][0]['readinessProbe']
        delay = options.getint('wsgiserver', 'drain_delay')
        noticed = probe['periodSeconds'] * probe['failureThreshold']
        self.assertGreater(delay, noticed)
        self.assertGreater(drain, delay)
