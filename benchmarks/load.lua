-- Has wrk send requests of one kind, and write what it saw as JSON.
--
-- Licensed under the Apache License, Version 2.0 (the "License"); you may
-- not use this file except in compliance with the License. You may obtain
-- a copy of the License at
--
--      http://www.apache.org/licenses/LICENSE-2.0
--
-- Unless required by applicable law or agreed to in writing, software
-- distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
-- WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
-- License for the specific language governing permissions and limitations
-- under the License.

local whole

function init(arguments)
   -- The file has the bytes of a request, which are sent as they are.
   local file = assert(io.open(arguments[1], 'rb'))
   whole = file:read('*a')
   file:close()
end

function request()
   return whole
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.stdout:write(string.format(
      '\n{"requests": %d, "seconds": %.6f, "bytes": %d, '
         .. '"p50": %.1f, "p99": %.1f, "longest": %.1f, '
         .. '"connect": %d, "read": %d, "write": %d, '
         .. '"status": %d, "timeout": %d}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      latency:percentile(50), latency:percentile(99), latency.max,
      errors.connect, errors.read, errors.write,
      errors.status, errors.timeout))
end
