-- Many users, each with a session cookie of its own: which side answered whom, and did anybody change sides?
-- Environment: USERS (how many), KEEP (1: remember sides from the start of the run, to see who changed).
local users = tonumber(os.getenv("USERS") or "20000")
local threads = {}
local id = 0

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  sides, counts = {}, { monolith = 0, service = 0 }
  failed, changed, user = 0, 0, number * 7919
end

function request()
  user = (user + 1) % users
  return wrk.format("GET", "/api/things/", { ["Cookie"] = "sessionid=user-" .. user })
end

function response(status, headers, body)
  local side = headers["x-side"] or headers["X-Side"]
  local cookie = headers["x-cookie"] or headers["X-Cookie"]
  if status ~= 200 or side == nil or cookie == nil then
    failed = failed + 1
    return
  end
  if sides[cookie] ~= nil and sides[cookie] ~= side then changed = changed + 1 end
  if sides[cookie] == nil then counts[side] = counts[side] + 1 end
  sides[cookie] = side
  monolith, service = counts.monolith, counts.service
end

function done(summary, latency, requests)
  local m, s, f, c = 0, 0, 0, 0
  for _, thread in ipairs(threads) do
    m = m + (thread:get("monolith") or 0)
    s = s + (thread:get("service") or 0)
    f = f + thread:get("failed")
    c = c + thread:get("changed")
  end
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "monolith": %d, "service": %d, "failed": %d, "changed": %d, "errors": %d}\n',
    summary.requests, m, s, f, c, e.connect + e.read + e.write + e.status + e.timeout))
end
