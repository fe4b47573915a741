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

"""Presets: what the services do, each by the name of the service.

A preset is the options that a section of a paste file would have, in the same
notation. The versions aren't among them: a service has others with each of
its releases.
"""

from __future__ import annotations

from collections.abc import Mapping

#: What nova, cinder and manila have in common.
_COMPUTE_LIKE = {
    'selectors': 'path',
    'path_handling': 'pop',
    'error_format': 'fault',
    'minor_versions_in_path': 'false',
    'versions_status': 'none',
}

#: What the services have in common that have a list at their root, and know
#: their versions by the path alone.
_BY_PATH = {
    'selectors': 'path',
    'path_handling': 'pop',
    'minor_versions_in_path': 'false',
    'root_status': '200',
    'versions_status': 'none',
    'unknown_version': '404',
    'no_version': '404',
}

PRESETS: Mapping[str, Mapping[str, str]] = {
    'glance': {
        'selectors': 'media_type path',
        'media_type': 'application/vnd.openstack.images-',
        'path_handling': 'major',
        'environ_keys': 'api.version=major',
        'root_status': '300',
        'versions_status': '200',
        'unknown_version': 'list',
        'no_version': 'list',
        'document_methods': 'any',
        'error_format': 'plain',
        'vary': 'none',
    },
    'heat': {
        'selectors': 'path media_type',
        'media_type': 'application/vnd.openstack.orchestration-',
        'path_handling': 'pop',
        'environ_keys': 'api.major_version=major api.minor_version=minor',
        'root_status': '300',
        'versions_status': '300',
        'unknown_version': 'list',
        'no_version': '404',
        'document_methods': 'any',
        'error_format': 'plain',
        'vary': 'none',
    },
    'nova': {
        **_COMPUTE_LIKE,
        'selectors': 'path parameter',
        'version_path': '{id}/',
        'service_type': 'compute',
        'legacy_headers': 'X-OpenStack-Nova-API-Version',
        'response_headers': """
            OpenStack-API-Version: compute {version}
            X-OpenStack-Nova-API-Version: {version}
        """,
        'vary': 'OpenStack-API-Version X-OpenStack-Nova-API-Version',
        'root_status': '200',
        'unknown_version': 'choices',
        'no_version': 'choices',
        'version_document': 'single',
        'fields': 'version min_version updated',
        'single_fields': 'version min_version updated media_types',
        'media_types': (
            'application/json '
            'application/vnd.openstack.compute+json;version={number}'
        ),
        'single_links': 'describedby http://docs.openstack.org/ text/html',
        'fault_name': 'computeFault',
    },
    'cinder': {
        **_COMPUTE_LIKE,
        'service_type': 'volume',
        'service_aliases': 'block-storage volumev3 block-store',
        'response_headers': 'OpenStack-API-Version: volume {version}',
        'root_status': '300',
        'unknown_version': '404',
        'no_version': '404',
        'version_document': 'list',
        'fields': 'version min_version updated media_types',
        'media_types': (
            'application/json '
            'application/vnd.openstack.volume+json;version={major}'
        ),
        'extra_links': 'describedby https://docs.openstack.org/ text/html',
        'fault_name': 'computeFault',
    },
    'manila': {
        **_COMPUTE_LIKE,
        'legacy_headers': 'X-OpenStack-Manila-API-Version',
        'experimental_header': 'X-OpenStack-Manila-API-Experimental',
        'response_headers': 'X-OpenStack-Manila-API-Version: {version}',
        'vary': 'X-OpenStack-Manila-API-Version',
        'root_status': '300',
        'unknown_version': '404',
        'no_version': '404',
        'version_document': 'list',
        'fields': 'version min_version updated media_types',
        'media_types': (
            'application/json application/vnd.openstack.share+json;version=1'
        ),
        'extra_links': 'describedby http://docs.openstack.org/ text/html',
        'fault_name': 'computeFault',
    },
    'ironic': {
        'selectors': 'path',
        'path_handling': 'major',
        'minor_versions_in_path': 'false',
        'default_version': 'v1',
        'service_type': 'baremetal',
        'legacy_headers': 'X-OpenStack-Ironic-API-Version',
        'response_headers': """
            X-OpenStack-Ironic-API-Version: {version}
            X-OpenStack-Ironic-API-Minimum-Version: {min_version}
            X-OpenStack-Ironic-API-Maximum-Version: {max_version}
        """,
        'malformed_microversion': '406',
        'root_document': 'root',
        'root_status': '200',
        'versions_status': 'none',
        'unknown_version': '404',
        'fields': 'version min_version',
        'name': 'OpenStack Ironic API',
        'description': (
            'Ironic is an OpenStack project which enables the provision and '
            'management of baremetal machines.'
        ),
        'default_in_document': 'true',
        'error_code': 'baremetal',
    },
    'placement': {
        # The API is at its root, and every path belongs to its one version.
        'selectors': '',
        'path_handling': 'keep',
        'default_version': 'v1.0',
        'version_path': '',
        'links': 'relative',
        'service_type': 'placement',
        'environ_keys': 'placement.microversion=microversion',
        'response_headers': 'OpenStack-API-Version: placement {version}',
        'root_status': '200',
        'versions_status': 'none',
        'unknown_version': '404',
        'fields': 'max_version min_version',
        'error_code': 'placement',
    },
    'keystone': {
        **_BY_PATH,
        'pass_types': 'application/json-home',
        'root_document': 'values',
        'root_status': '300',
        'root_location': 'true',
        'version_document': 'single',
        'entries': 'identity',
        'media_types': (
            'application/json '
            'application/vnd.openstack.identity-{segment}+json'
        ),
        'error_code': 'identity',
    },
    'octavia': {
        **_BY_PATH,
        'version_path': 'v{major}',
        'fields': 'updated',
        'error_code': 'load-balancer',
    },
    'designate': {
        **_BY_PATH,
        'version_path': 'v{major}',
        'fields': 'updated',
        'extra_links': 'help https://docs.openstack.org/api-ref/dns',
        'error_code': 'dns',
    },
    'barbican': {
        **_BY_PATH,
        'document_version': 'v1',
        'service_type': 'key-manager',
        'environ_keys': 'key-manager.microversion=microversion',
        'response_headers': 'OpenStack-API-Version: key-manager {version}',
        'root_document': 'values list>=1.1',
        'root_status': '300',
        'version_document': 'single',
        'entries': 'identity sig>=1.1',
        'fields': 'max_version min_version',
        'media_types': (
            'application/json '
            'application/vnd.openstack.key-manager-{segment}+json'
        ),
        'extra_links': 'describedby https://docs.openstack.org/ text/html',
        'error_code': 'key-manager',
    },
    'magnum': {
        'selectors': 'path',
        'path_handling': 'major',
        'minor_versions_in_path': 'false',
        'default_version': 'v1',
        # What clients find it by, and what it calls itself.
        'service_type': 'container-infra',
        'service_aliases': (
            'container-infrastructure-management container-infrastructure'
        ),
        'response_headers': '\n'.join(
            f'{name}: container-infrastructure-management {value}'
            for name, value in (
                ('OpenStack-API-Version', '{version}'),
                ('OpenStack-API-Minimum-Version', '{min_version}'),
                ('OpenStack-API-Maximum-Version', '{max_version}'),
            )
        ),
        'malformed_microversion': '406',
        'root_document': 'root',
        'root_status': '200',
        'versions_status': 'none',
        'unknown_version': '404',
        'fields': 'max_version min_version',
        'name': 'OpenStack Magnum API',
        'description': (
            'Magnum is an OpenStack project which aims to provide container '
            'cluster management.'
        ),
        'error_code': 'magnum',
    },
    'neutron': {
        **_BY_PATH,
        'version_path': '{id}/',
        'error_code': 'network',
    },
}
