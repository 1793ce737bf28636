-- Asks the questions of a file in turn, one header value a line, over and over; says at the end how it went, as JSON.
-- Arguments: the file, the header's name, and whether every question is to differ from all before ("true").
local questions, at, asked, differs = {}, 0, 0, false

function init(args)
    differs = args[3] == "true"
    for line in io.lines(args[1]) do
        questions[#questions + 1] = wrk.format("GET", nil, { ["Host"] = wrk.headers["Host"], [args[2]] = line })
    end
end

function request()
    at = at % #questions + 1
    if not differs then
        return questions[at]
    end
    asked = asked + 1
    return questions[at]:sub(1, -3) .. "X-Request-Id: " .. asked .. "\r\n\r\n"
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
