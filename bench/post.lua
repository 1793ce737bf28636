-- Posts one body over and over, with the headers a browser sends; says at the end how it went, as JSON.
-- Arguments: the body's length in bytes, and a proof for the Authorization header or "-".
function init(args)
    wrk.method = "POST"
    wrk.body = string.rep('{"type":"view","date":1700000000000}\n', math.ceil(tonumber(args[1]) / 37)):sub(1, tonumber(args[1]))
    wrk.headers["Content-Type"] = "text/plain;charset=UTF-8"
    wrk.headers["Origin"] = "https://shop.example"
    wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    if args[2] ~= "-" then
        wrk.headers["Authorization"] = "Bearer " .. args[2]
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
        summary.requests, summary.duration, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99)
    ))
end
