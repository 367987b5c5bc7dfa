-- The functions that the plugin server calls in the PDK lane: one to read, one to write. `kong.gw` in the PDK.
local cjson = require "cjson.safe"
local decision = require "gatehouse.decision"
local facts = require "gatehouse.facts"
local in_force = require "gatehouse.in-force"

local M = {}

--- For policies that stand alone, not fused: which set of them this is. "D" when it was decided already.
function M.chain()
  if decision.state().decided then
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
function M.facts(needs, chain)
  local line, body, stamp = facts.gather(needs)
  return "F" .. (chain or "") .. " " .. line .. "\n" .. body .. stamp
end

--- @param text one line, and after it the body of an answer
-- @param whose the set or the plugin that decided: an instance id of a process that is gone may be another's by now
function M.commit(text, whose)
  local found = in_force.policies()
  if whose ~= found.id and whose ~= found.only then
    kong.log.err("a decision of other policies than those of this route was refused")
    return false
  end
  local stop = text:find("\n", 1, true)
  if not stop then
    return decision.apply(text, nil)
  end
  return decision.apply(text:sub(1, stop - 1), text:sub(stop + 1))
end

return M
