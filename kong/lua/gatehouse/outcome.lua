-- What became of requests whose policies want to know it: in batches to the server that decided, never a call per request.
local cjson = require "cjson.safe"

local M = {}

local FLUSH_SECONDS = 0.05
local CONNECT_MS, SEND_MS, IDLE_MS = 200, 1000, 60000
-- Lines that may wait for one server; beyond that the oldest are given up.
local WAITING_MAX = 10000
-- Their bytes: some carry an answer.
local WAITING_BYTES = 16777216

-- Kong puts timers of its own in place of nginx's, which take some turns of the event loop; a repeat may be there by then.
local timer_at = rawget(_G, "native_timer_at") or ngx.timer.at

local waiting = {}
-- Whether a timer is set: one for batches, one for what can't wait.
local flushing, hurrying = false, false

local SOURCES = { service = "service", exit = "policy", error = "gateway" }

local function send(path, lines)
  local sock = ngx.socket.tcp()
  sock:settimeouts(CONNECT_MS, SEND_MS, SEND_MS)
  local ok, err = sock:connect("unix:" .. path, { pool = "gatehouse-outcome:" .. path })
  if ok then
    ok, err = sock:send(lines)
  end
  -- The server says how far it read: a connection that was dead already is found out.
  if ok then
    ok, err = sock:receive("*l")
  end
  if not ok then
    sock:close()
    return nil, err
  end
  sock:setkeepalive(IDLE_MS, 4)
  return true
end

local function flush()
  if not next(waiting) then
    return
  end
  local batches = waiting
  waiting = {}
  for path, batch in pairs(batches) do
    local lines = batch.lines
    lines[#lines + 1] = "!\n"
    local ok, err = send(path, lines)
    if not ok then
      ok, err = send(path, lines)
    end
    if not ok then
      kong.log.warn("outcomes of ", #lines - 1, " requests were lost: ", err)
    end
  end
end

local function flush_batch()
  flushing = false
  flush()
end

local function flush_now()
  hurrying = false
  flush()
end

-- A repeat of a request that writes must find what became of the first one, and a breaker must hear of failures before the next
-- request comes: such outcomes do not wait for company.
local function can_wait()
  local method = ngx.var.request_method
  return (method == "GET" or method == "HEAD") and ngx.status < 500
end

local function push(path, line)
  local batch = waiting[path]
  if not batch then
    batch = { lines = {}, bytes = 0 }
    waiting[path] = batch
  end
  local lines = batch.lines
  while lines[1] and (#lines >= WAITING_MAX or batch.bytes + #line > WAITING_BYTES) do
    batch.bytes = batch.bytes - #table.remove(lines, 1)
  end
  lines[#lines + 1] = line
  batch.bytes = batch.bytes + #line
  if not can_wait() then
    hurrying = hurrying or (timer_at(0, flush_now) and true or false)
  elseif not flushing then
    flushing = timer_at(FLUSH_SECONDS, flush_batch) and true or false
  end
end

local function server_of(state)
  return state.server or kong.configuration.prefix .. "/gatehouse-1.sock"
end

-- Whether Kong found nobody to ask: it looks for a target when every plugin has passed, and answers then as if a plugin had.
local function no_target(ctx)
  local data = ctx.balancer_data
  return ctx.KONG_UPSTREAM_DNS_START ~= nil and data ~= nil and data.ip == nil
end

-- Why Kong answered instead of the service, as far as it shows.
local FAILURES = { [502] = "refused", [503] = "no-target", [504] = "timeout" }

local function failure_of(status, proxied)
  return proxied and FAILURES[status] or cjson.null
end

-- Status, who made the answer, why not the service, and the service's time in milliseconds.
local function head_of()
  local ctx, status = ngx.ctx, ngx.status
  local asked = ctx.KONG_WAITING_TIME or cjson.null
  local source = SOURCES[kong.response.get_source()]
  if source == "policy" and no_target(ctx) then
    return status, "gateway", ctx.balancer_data.upstream and "no-target" or "unresolved", asked
  end
  return status, source, source == "gateway" and failure_of(status, ctx.KONG_PROXIED) or cjson.null, asked
end

-- Headers of the service's answer, as pairs.
local function header_pairs()
  local list = {}
  for name, value in pairs(ngx.resp.get_headers(0)) do
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      list[#list + 1] = { name, one }
    end
  end
  return list
end

--- The answer's headers are there.
function M.head(state)
  if not state or not state.track then
    return
  end
  local status, source, failure, asked = head_of()
  state.told = true
  push(server_of(state), "h" .. cjson.encode({ status, source, failure, asked, ngx.var.kong_request_id }) .. "\n")
  local limit = state.track.answer
  if limit and limit > 0 and source == "service" then
    state.kept, state.kept_bytes, state.kept_headers = {}, 0, header_pairs()
  end
end

--- A piece of the service's answer, kept up to the limit.
function M.keep(state, chunk)
  if not chunk or chunk == "" then
    return
  end
  state.kept_bytes = state.kept_bytes + #chunk
  if state.kept_bytes > state.track.answer then
    state.kept = nil
    return
  end
  state.kept[#state.kept + 1] = chunk
end

local function answer_of(state, aborted)
  if not state.kept_headers then
    return cjson.null
  end
  local body = state.kept and not aborted and ngx.encode_base64(table.concat(state.kept)) or cjson.null
  return { state.kept_headers, body }
end

--- The request is over.
function M.over(state)
  if not state or not state.track or not state.track["end"] then
    return
  end
  local var = ngx.var
  local status, source, failure, asked = head_of()
  local total = (ngx.now() - ngx.req.start_time()) * 1000
  local gateway = total - (type(asked) == "number" and asked or 0)
  local aborted = status == 499 or var.request_completion ~= "OK"
  local line = cjson.encode({
    status, source, failure, asked, total, gateway > 0 and gateway or 0,
    tonumber(var.request_length) or 0, tonumber(var.bytes_sent) or 0, aborted, answer_of(state, aborted), var.kong_request_id,
  })
  push(server_of(state), "o" .. line .. "\n")
end

return M
