-- Header lines as nginx has them: a list of { name, value } in order, looked up without case.
local M = {}

--- As one value, or a list of them; nil for none.
function M.get(list, name)
  local found
  local key = name:lower()
  for _, pair in ipairs(list) do
    if pair[1]:lower() == key then
      if found == nil then
        found = pair[2]
      elseif type(found) == "table" then
        found[#found + 1] = pair[2]
      else
        found = { found, pair[2] }
      end
    end
  end
  return found
end

function M.remove(list, name)
  local key = name:lower()
  for i = #list, 1, -1 do
    if list[i][1]:lower() == key then
      table.remove(list, i)
    end
  end
end

function M.set(list, name, value)
  M.remove(list, name)
  for _, one in ipairs(type(value) == "table" and value or { value }) do
    list[#list + 1] = { name, tostring(one) }
  end
end

--- All of them by name, as ngx.req.get_headers gives them. @param raw names as spelled
function M.all(list, raw)
  local found = {}
  for _, pair in ipairs(list) do
    local key = raw and pair[1] or pair[1]:lower()
    local known = found[key]
    if known == nil then
      found[key] = pair[2]
    elseif type(known) == "table" then
      known[#known + 1] = pair[2]
    else
      found[key] = { known, pair[2] }
    end
  end
  return found
end

return M
