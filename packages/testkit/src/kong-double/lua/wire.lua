-- Between this process and the one that started it: lines of JSON, one character per byte. A line comes in, some go out, and a line
-- with a dot alone ends them; nothing is ever said unasked, so that the other side can wait for an answer.
local cjson = require "cjson.safe"

local M = { null = cjson.null }

-- The other side writes an empty list so: Kong knows lists from tables (cjson.array_mt), Debian's cjson does not.
local EMPTY_LIST = '{"__list":true}'

local encode = cjson.encode
cjson.encode = function(value)
  local text, err = encode(value)
  if text and text:find(EMPTY_LIST, 1, true) then
    text = text:gsub(EMPTY_LIST, "[]")
  end
  return text, err
end

--- Unix milliseconds, as the other side knows them: like nginx's, a clock that stands still while code runs.
M.time = 0

function M.tell(message)
  io.stdout:write(encode(message), "\n")
end

-- ---- coroutines ----
local routines, last = {}, 0

--- The request whose code runs.
M.current = nil

local function resume(id, ...)
  local routine, before = routines[id], M.current
  M.current = routine.request
  local ok, message = coroutine.resume(routine.co, ...)
  local over = coroutine.status(routine.co) == "dead"
  if over then
    routines[id] = nil
  end
  if not ok then
    M.tell({ op = "crash", text = tostring(message) .. "\n" .. debug.traceback(routine.co) })
  elseif not over then
    message.id = id
    M.tell(message)
  end
  M.current = before
end

--- Runs a function that may wait, on behalf of a request.
function M.spawn(request, run)
  last = last + 1
  routines[last] = { co = coroutine.create(run), request = request }
  resume(last)
end

--- Waits for what the other side does. Only within `spawn`, as in nginx: not in filters, not in the log phase.
function M.ask(message)
  if not coroutine.running() then
    error("API disabled in the current context", 2)
  end
  return coroutine.yield(message)
end

--- Goes on with what was asked.
function M.answered(told)
  if routines[told.resume] then
    resume(told.resume, told)
  end
end

--- Takes lines until there are no more. @param handle gets each message that is no answer
function M.serve(handle)
  io.stdout:setvbuf("full")
  for line in io.stdin:lines() do
    local told = assert(cjson.decode(line))
    M.time = told.time or M.time
    if told.resume then
      M.answered(told)
    else
      handle(told)
    end
    io.stdout:write(".\n")
    io.stdout:flush()
  end
end

return M
