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

"""JSON in requests and responses, and what is not JSON."""

import datetime
import io
import json
from typing import Any
import uuid

import webob
import webob.exc
from webob import multidict

from wsgiserver import serialization
from wsgiserver.tests import base


def request(body: bytes = b'', **kwargs: Any) -> webob.Request:
    return webob.Request.blank('/', method='POST', body=body, **kwargs)


def chunked(body: bytes, method: str = 'POST') -> webob.Request:
    made = webob.Request.blank('/', method=method)
    made.headers['Transfer-Encoding'] = 'chunked'
    made.environ['wsgi.input'] = io.BufferedReader(Dribble(body))
    made.environ.pop('CONTENT_LENGTH', None)
    return made


class Dribble(io.RawIOBase):
    """Gives a byte at a time, as a slow client does."""

    def __init__(self, data: bytes) -> None:
        self._source = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(1)
        buffer[: len(piece)] = piece
        return len(piece)


class DeserializerTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.deserializer = serialization.JSONRequestDeserializer(20)

    def _refused(self, made: webob.Request) -> int:
        exc = self.assertRaises(
            webob.exc.HTTPClientError, self.deserializer.default, made
        )
        return exc.code

    def test_a_body_is_read(self) -> None:
        made = request(b'{"a": [1]}')
        self.assertEqual({'body': {'a': [1]}}, self.deserializer.default(made))
        self.assertEqual(b'{"a": [1]}', made.body)

    def test_chunks_are_read(self) -> None:
        for method in ('POST', 'PUT', 'PATCH'):
            made = chunked(b'[1, 2]', method)
            self.assertEqual({'body': [1, 2]}, self.deserializer.default(made))
            self.assertEqual(b'[1, 2]', made.body)

    def test_chunks_to_other_methods_are_no_body(self) -> None:
        made = chunked(b'[1]', 'GET')
        self.assertEqual({}, self.deserializer.default(made))

    def test_no_body_is_no_argument(self) -> None:
        self.assertEqual({}, self.deserializer.default(request()))

    def test_the_limit_is_the_last_that_is_read(self) -> None:
        body = b'[%s]' % (b' ' * 18)
        for made in (request(body), chunked(body)):
            self.assertEqual({'body': []}, self.deserializer.default(made))
        body = b'[%s]' % (b' ' * 19)
        for made in (request(body), chunked(body)):
            self.assertEqual(413, self._refused(made))

    def test_a_length_beyond_the_limit_is_not_read(self) -> None:
        made = request(b'[1]')
        made.environ['CONTENT_LENGTH'] = '21'
        self.assertEqual(413, self._refused(made))
        self.assertEqual(0, made.environ['wsgi.input'].tell())

    def test_heats_limit_is_there_by_default(self) -> None:
        deserializer = serialization.JSONRequestDeserializer()
        self.assertEqual(1048576, deserializer.max_body_size)

    def test_what_is_no_json_is_400(self) -> None:
        for body in (b'{', b'\xff', b'{"a": }', b'1 2'):
            self.assertEqual(400, self._refused(request(body)))

    def test_json_that_is_no_dict_and_no_list_is_400(self) -> None:
        for body in (b'1', b'"a"', b'null', b'true'):
            self.assertEqual(400, self._refused(request(body)))

    def test_brackets_without_end_are_400(self) -> None:
        self.deserializer.max_body_size = 200000
        self.assertEqual(400, self._refused(request(b'[' * 100000)))

    def test_a_subclass_looks_at_objects(self) -> None:
        class Own(serialization.JSONRequestDeserializer):
            @staticmethod
            def _sanitizer(obj: dict[str, Any]) -> Any:
                return sorted(obj)

        self.assertEqual({'body': ['a']}, Own().default(request(b'{"a": 1}')))


class SerializerTestCase(base.TestCase):
    def _written(self, result: Any) -> Any:
        response = webob.Response()
        serialization.JSONResponseSerializer().default(response, result)
        self.assertEqual('application/json', response.content_type)
        return json.loads(response.body)

    def test_a_dict_is_written(self) -> None:
        self.assertEqual({'a': 'é'}, self._written({'a': 'é'}))

    def test_none_is_null(self) -> None:
        self.assertIsNone(self._written(None))

    def test_more_than_json_knows_is_written(self) -> None:
        class Image:
            def to_dict(self) -> dict[str, str]:
                return {'name': 'x'}

        made = uuid.uuid4()
        when = datetime.datetime(2026, 1, 2, 3, 4, 5)
        self.assertEqual(
            [{'name': 'x'}, str(made), '2026-01-02T03:04:05.000000'],
            self._written([Image(), made, when]),
        )

    def test_a_multidict_is_written(self) -> None:
        serializer = serialization.JSONResponseSerializer()
        form = multidict.MultiDict([('a', '1'), ('a', '2')])
        self.assertEqual({'a': ['1', '2']}, serializer._sanitizer(form))

    def test_what_can_not_be_written_raises(self) -> None:
        self.assertRaises(ValueError, self._written, {'a': object()})
