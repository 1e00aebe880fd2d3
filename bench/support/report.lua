-- Posts the bytes of the file that it is given after `--`, if any, and makes wrk end with one line of JSON.
function init(args)
  if args[1] then
    local file = io.open(args[1], "rb")
    wrk.method = "POST"
    wrk.body = file:read("*a")
    file:close()
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50_us": %.0f, "p99_us": %.0f, "bad_status": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50),
    latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
