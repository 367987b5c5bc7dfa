-- The functions that the plugin server calls in the PDK lane: one to read, one to write. `kong.gw` in the PDK.
local cjson = require "cjson.safe"
local decision = require "gatehouse.decision"
local facts = require "gatehouse.facts"
local in_force = require "gatehouse.in-force"

local M = {}

--- For policies that stand alone, not fused: which set of them this is. "D" when it was decided already.
function M.chain()
  local state = decision.state()
  if state.decided or state.kept_decision then
    return "D"
  end
  return "C" .. in_force.policies().id
end

--- The configurations of that set, for a server that does not know it.
function M.configs()
  local found = in_force.policies()
  local list = {}
  for i, name in ipairs(found.names) do
    list[i] = { name = name, config = found.confs[i] }
  end
  local system = facts.system(kong.router.get_route(), kong.router.get_service())
  return "J" .. cjson.encode({ id = found.id, system = system, policies = list })
end

--- @param needs what the policies need, as JSON
-- @param chain an id that comes back with the facts
-- @param armoured true: as base64, for kong-pdk's own server, which reads strings as UTF-8
function M.facts(needs, chain, armoured)
  local line, body, stamp = facts.gather(needs)
  local text = "F" .. (chain or "") .. " " .. line .. "\n" .. body .. stamp
  return armoured and ngx.encode_base64(text) or text
end

--- @param text one line, and after it the body of an answer
-- @param whose the set or the plugin that decided: an instance id of a process that is gone may be another's by now
-- @param armoured true: base64, and the guard does it later: kong-pdk's own server keeps an event for ever that ends inside a call
function M.commit(text, whose, armoured)
  local found = in_force.policies()
  if whose ~= found.id and whose ~= found.only then
    kong.log.err("a decision of other policies than those of this route was refused")
    return false
  end
  if armoured then
    decision.state().kept_decision = ngx.decode_base64(text)
    return decision.state().kept_decision ~= nil
  end
  return decision.apply_text(text)
end

return M
