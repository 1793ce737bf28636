-- Asks the questions of a file in turn, one header value a line, over and over; says at the end how it went, as JSON.
-- Arguments: the file, the header's name.
local questions, at = {}, 0

function init(args)
    for line in io.lines(args[1]) do
        questions[#questions + 1] = wrk.format("GET", nil, { ["Host"] = wrk.headers["Host"], [args[2]] = line })
    end
end

function request()
    at = at % #questions + 1
    return questions[at]
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
