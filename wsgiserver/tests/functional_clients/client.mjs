// What base.Client asks, with the modules of Node.js.
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License at
//
//      http://www.apache.org/licenses/LICENSE-2.0
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const [what, url, caFile] = process.argv.slice(2);
const client = url.startsWith('https') ? https : http;
const agent = new client.Agent({
  keepAlive: true,
  maxSockets: 1,
  ca: fs.readFileSync(caFile),
});
const blocks = Array.from({length: 10}, (_, i) => Buffer.alloc(50000, i + 1));

function ask(path, options, send) {
  return new Promise((resolve, reject) => {
    const request = client.request(`${url}${path}`, {agent, ...options});
    request.on('error', reject);
    request.on('response', (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({
        status: response.statusCode,
        headers: response.headers,
        content: Buffer.concat(parts),
      }));
    });
    send(request);
  });
}

const get = (path, headers) =>
  ask(path, {headers}, (request) => request.end());

const questions = {
  async twice() {
    const answers = [];
    for (let turn = 0; turn < 2; turn++) {
      answers.push((await get('/')).content.toString());
    }
    return answers;
  },
  async upload() {
    const answer = await ask('/upload', {method: 'POST'}, (request) => {
      blocks.forEach((block) => request.write(block));
      request.end();
    });
    return [answer.content.toString()];
  },
  async expect() {
    const body = Buffer.concat(blocks);
    const headers = {
      'Expect': '100-continue',
      'Content-Length': body.length,
    };
    const options = {method: 'POST', headers};
    const answer = await ask('/upload', options, (request) => {
      // Without it, nothing is ever sent.
      request.on('continue', () => request.end(body));
      request.flushHeaders();
    });
    return [answer.content.toString()];
  },
  async part() {
    const answer = await get('/content', {Range: 'bytes=300-309'});
    return [
      String(answer.status),
      answer.headers['content-range'],
      answer.content.toString('hex'),
    ];
  },
};

process.stdout.write(JSON.stringify(await questions[what]()));
agent.destroy();
