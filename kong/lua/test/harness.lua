-- As much of a test library as these tests need. Prints one line per test: `ok - name`, or `not ok - name` and why.
local M = { failed = 0, passed = 0 }

local function text_of(value, depth)
  if type(value) ~= "table" or (depth or 0) > 6 then
    return type(value) == "string" and string.format("%q", value) or tostring(value)
  end
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do
    keys[i] = tostring(key) .. "=" .. text_of(value[key], (depth or 0) + 1)
  end
  return "{" .. table.concat(keys, ", ") .. "}"
end

--- Fails unless both are the same, tables by what is in them.
function M.equal(actual, expected)
  local got, wanted = text_of(actual), text_of(expected)
  if got ~= wanted then
    error("expected " .. wanted .. ", got " .. got, 2)
  end
end

--- Fails unless a text has another in it.
function M.contains(text, part)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    error("expected " .. text_of(part) .. " in " .. text_of(text), 2)
  end
end

--- Runs one test; what it throws is its failure.
function M.test(name, run)
  local ok, why = xpcall(run, debug.traceback)
  if ok then
    M.passed = M.passed + 1
    print("ok - " .. name)
  else
    M.failed = M.failed + 1
    print("not ok - " .. name .. "\n" .. tostring(why):gsub("(.)\n", "%1\n  "))
  end
end

return M
