-- Does what a policy server decided. `p` alone is a pass with nothing to change; anything else is one line of JSON.
local cjson = require "cjson.safe"

local decode = cjson.decode
local set_header, clear_header = ngx.req.set_header, ngx.req.clear_header

local M = {}

--- What is remembered of a request between phases.
function M.state()
  local ctx = ngx.ctx
  local state = ctx.gatehouse
  if not state then
    state = {}
    ctx.gatehouse = state
  end
  return state
end

local function pass(decision, state)
  for _, name in ipairs(decision.remove or {}) do
    clear_header(name)
  end
  for _, pair in ipairs(decision.set or {}) do
    set_header(pair[1], pair[2])
  end
  if decision.query then
    kong.service.request.set_raw_query(decision.query)
  end
  state.replace, state.append = decision.response, decision.append
end

--- Applies a decision; ends the request when it is a refusal or an answer.
-- @param head the line
-- @param body what follows it: the body of an answer
-- @return true when a decision was found in it
function M.apply(head, body)
  local state = M.state()
  if head == "p" then
    state.decided = true
    return true
  end
  local decision = decode(head)
  if type(decision) ~= "table" then
    return false
  end
  if not decision.status then
    pass(decision, state)
    state.track = decision.track
    state.decided = true
    return true
  end
  state.track = decision.track
  state.decided = true
  -- The body has the system's form already.
  state.answered = true
  return kong.response.exit(decision.status, body, decision.headers)
end

return M
