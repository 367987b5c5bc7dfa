-- Sends every request with another value of one header: `wrk -s cycle.lua URL -- HEADER FILE`, the file with one value a line.
local requests = {}
local turn = 0

function init(args)
  for value in io.lines(args[2]) do
    wrk.headers[args[1]] = value
    requests[#requests + 1] = wrk.format()
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
