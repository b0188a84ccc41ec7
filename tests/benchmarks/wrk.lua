-- Sends the requests of the file REQUESTS, one a line: method, path, token, body, between tabs. They are
-- sent in order, from a place by chance, or from the first where FROM_FIRST is set. Prints one line of JSON.
local requests, place = {}, 0

function init()
  for line in io.lines(os.getenv("REQUESTS")) do
    local method, path, token, body = line:match("^(%S+)\t(%S+)\t(%S+)\t(.*)$")
    local headers = {
      ["Host"] = os.getenv("HOST"), ["Authorization"] = "Bearer " .. token,
      ["X-Forwarded-Proto"] = "https", ["Accept"] = "application/json"
    }
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  math.randomseed(os.time())
  if not os.getenv("FROM_FIRST") then place = math.random(0, #requests - 1) end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency, all)
  local e = summary.errors
  io.write(string.format(
    '{"rate":%.2f,"p50":%.3f,"p99":%.3f,"requests":%d,"failed":%d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, summary.requests,
    e.status + e.connect + e.read + e.write + e.timeout))
end
