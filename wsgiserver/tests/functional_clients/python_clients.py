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

"""Clients that are Python libraries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
import ssl
from typing import Any
from typing import TypeVar

import aiohttp
import httpx
import requests
import urllib3

from wsgiserver.tests import conditions
from wsgiserver.tests.functional_clients import base

PATIENCE = conditions.PATIENCE

_RANGE = {'Range': 'bytes=300-309'}
_EXPECT = {'Expect': '100-continue'}
_WHOLE = b''.join(base.BLOCKS)

_Result = TypeVar('_Result')


class Requests(base.Client):
    """requests, which keystoneauth1 is made of."""

    def __init__(self, url: str, ca_file: str) -> None:
        super().__init__(url, ca_file)
        self._session = requests.Session()
        self._session.verify = ca_file
        # It would go by REQUESTS_CA_BUNDLE instead.
        self._session.trust_env = False

    def get_twice(self) -> list[str]:
        return [
            self._session.get(f'{self.url}/', timeout=PATIENCE).text
            for _turn in range(2)
        ]

    def _post(self, data: Any, headers: dict[str, str]) -> str:
        response = self._session.post(
            f'{self.url}/upload', data=data, headers=headers, timeout=PATIENCE
        )
        response.raise_for_status()
        return response.text

    def upload(self) -> str:
        return self._post(base.blocks(), {})

    def upload_expecting(self) -> str:
        return self._post(_WHOLE, _EXPECT)

    def get_part(self) -> base.Part:
        response = self._session.get(
            f'{self.url}/content', headers=_RANGE, timeout=PATIENCE
        )
        return base.Part(
            response.status_code,
            response.headers['Content-Range'],
            response.content,
        )


class Urllib3(base.Client):
    """urllib3."""

    def __init__(self, url: str, ca_file: str) -> None:
        super().__init__(url, ca_file)
        self._pool = urllib3.PoolManager(ca_certs=ca_file, timeout=PATIENCE)

    def get_twice(self) -> list[str]:
        return [
            self._pool.request('GET', f'{self.url}/').data.decode()
            for _turn in range(2)
        ]

    def upload(self) -> str:
        response = self._pool.request(
            'POST', f'{self.url}/upload', body=base.blocks(), chunked=True
        )
        return response.data.decode()

    def upload_expecting(self) -> str:
        response = self._pool.request(
            'POST', f'{self.url}/upload', body=_WHOLE, headers=_EXPECT
        )
        return response.data.decode()

    def get_part(self) -> base.Part:
        response = self._pool.request(
            'GET', f'{self.url}/content', headers=_RANGE
        )
        return base.Part(
            response.status, response.headers['Content-Range'], response.data
        )


class Httpx(base.Client):
    """httpx."""

    def __init__(self, url: str, ca_file: str) -> None:
        super().__init__(url, ca_file)
        context = ssl.create_default_context(cafile=ca_file)
        self._client = httpx.Client(verify=context, timeout=PATIENCE)

    def get_twice(self) -> list[str]:
        return [self._client.get(f'{self.url}/').text for _turn in range(2)]

    def upload(self) -> str:
        response = self._client.post(
            f'{self.url}/upload', content=base.blocks()
        )
        return response.text

    def upload_expecting(self) -> str:
        response = self._client.post(
            f'{self.url}/upload', content=_WHOLE, headers=_EXPECT
        )
        return response.text

    def get_part(self) -> base.Part:
        response = self._client.get(f'{self.url}/content', headers=_RANGE)
        return base.Part(
            response.status_code,
            response.headers['Content-Range'],
            response.content,
        )


class Aiohttp(base.Client):
    """aiohttp, which waits for ``100 Continue``."""

    def _run(
        self, use: Callable[[aiohttp.ClientSession], Awaitable[_Result]]
    ) -> _Result:
        async def run() -> _Result:
            context = ssl.create_default_context(cafile=self.ca_file)
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context),
                timeout=aiohttp.ClientTimeout(PATIENCE),
                raise_for_status=True,
            ) as session:
                return await use(session)

        return asyncio.run(run())

    def get_twice(self) -> list[str]:
        async def use(session: aiohttp.ClientSession) -> list[str]:
            return [
                await (await session.get(f'{self.url}/')).text()
                for _turn in range(2)
            ]

        return self._run(use)

    async def _post(self, session: Any, data: Any, **given: Any) -> str:
        url = f'{self.url}/upload'
        async with session.post(url, data=data, **given) as response:
            text: str = await response.text()
            return text

    def upload(self) -> str:
        async def parts() -> AsyncIterator[bytes]:
            for block in base.BLOCKS:
                yield block

        return self._run(lambda session: self._post(session, parts()))

    def upload_expecting(self) -> str:
        return self._run(
            lambda session: self._post(session, _WHOLE, expect100=True)
        )

    def get_part(self) -> base.Part:
        async def use(session: aiohttp.ClientSession) -> base.Part:
            url = f'{self.url}/content'
            async with session.get(url, headers=_RANGE) as response:
                return base.Part(
                    response.status,
                    response.headers['Content-Range'],
                    await response.read(),
                )

        return self._run(use)
