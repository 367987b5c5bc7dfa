-- Does what a policy server decided: `p` is a pass, with what it changes as JSON after it; a refusal or an answer is JSON with a status.
-- Whatever else comes decides nothing.
local cjson = require "cjson.safe"

local decode = cjson.decode
local set_header, clear_header = ngx.req.set_header, ngx.req.clear_header

local PASS = ("p"):byte()

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
  local passes = head:byte() == PASS
  if passes and body then
    return false
  end
  if head == "p" then
    state.decided = true
    return true
  end
  local decision = decode(passes and head:sub(2) or head)
  if type(decision) ~= "table" or (not passes and type(decision.status) ~= "number") then
    return false
  end
  state.track = decision.track
  if passes then
    pass(decision, state)
    state.decided = true
    return true
  end
  -- The body has the system's form already.
  state.decided, state.answered = true, true
  return kong.response.exit(decision.status, body, decision.headers)
end

--- The same for one text: the line, and after it the body.
function M.apply_text(text)
  local stop = text:find("\n", 1, true)
  if not stop then
    return M.apply(text, nil)
  end
  return M.apply(text:sub(1, stop - 1), text:sub(stop + 1))
end

return M
