import { script } from '../../runtime/redis/index.js';

/** Reads a counter (`index:current:previous`) and moves it on to the bucket of `now`; the same steps as `memory/buckets.ts`. */
const LOAD = `
local function load(text, now, period)
  local index = math.floor(now / period)
  if not text then return index, 0, 0 end
  local i, c, p = string.match(text, '^(%d+):(%d+):(%d+)$')
  if not i then return index, 0, 0 end
  i = tonumber(i)
  if i == index or i == index + 1 then return i, tonumber(c), tonumber(p) end
  if i == index - 1 then return index, 0, tonumber(c) end
  return index, 0, 0
end
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/**
 * Counts several requests, one after the other, in one step. KEYS: their counters, of all requests in a row. ARGV: Unix milliseconds or ''
 * for the server's clock; how many windows there are, and of each its limit, its period in milliseconds and '1' when it slides; then a
 * number for each counter: its window's place (from 1) times 4, plus 2 when it costs 1, plus 1 when it is its request's last. The reply
 * is that of LimitStore.take for each request, in a row. A counter that several requests share is read and written once.
 */
export const take = script(`${LOAD}
local limit, period, slides = {}, {}, {}
local windows = tonumber(ARGV[2])
for w = 1, windows do
  limit[w], period[w], slides[w] = tonumber(ARGV[3 * w]), tonumber(ARGV[3 * w + 1]), ARGV[3 * w + 2] == '1'
end
local values = redis.call('MGET', unpack(KEYS))
local known, window, cost, counter, free, reply = {}, {}, {}, {}, {}, {}

local function held(c, w)
  if not slides[w] then return c.current end
  return c.previous * (period[w] - math.max(0, now - c.index * period[w])) / period[w] + c.current
end

local function untilFree(c, w, left)
  if not slides[w] then return math.max(1, left) end
  local room = limit[w] - c.current - 1
  if room >= 0 then return math.max(1, math.ceil(left - room * period[w] / c.previous)) end
  return math.max(1, left + math.max(0, math.ceil(period[w] - (limit[w] - 1) * period[w] / c.current)))
end

local function judge(first, last)
  local counted = true
  for k = first, last do
    free[k] = held(counter[k], window[k]) + 1 <= limit[window[k]]
    counted = counted and free[k]
  end
  for k = first, last do
    local c, w = counter[k], window[k]
    local left = (c.index + 1) * period[w] - now
    if free[k] then
      if counted and cost[k] then
        c.current = c.current + 1
        c.life = slides[w] and left + period[w] or left
      end
      reply[2 * k - 1] = math.floor(limit[w] - held(c, w))
      reply[2 * k] = left
    else
      reply[2 * k - 1] = -1
      reply[2 * k] = untilFree(c, w, left)
    end
  end
end

local first = 1
for k = 1, #KEYS do
  local code = tonumber(ARGV[2 + 3 * windows + k])
  window[k], cost[k] = math.floor(code / 4), code % 4 >= 2
  local c = known[KEYS[k]]
  if not c then
    c = {}
    c.index, c.current, c.previous = load(values[k], now, period[window[k]])
    known[KEYS[k]] = c
  end
  counter[k] = c
  if code % 2 == 1 then
    judge(first, k)
    first = k + 1
  end
end
for key, c in pairs(known) do
  if c.life then redis.call('SET', key, string.format('%d:%d:%d', c.index, c.current, c.previous), 'PX', c.life) end
end
return reply
`);

/** KEYS: counters. ARGV: Unix milliseconds or '', what must have passed in a bucket; then the period of each. Takes one off each. */
export const giveBack = script(`${LOAD}
local age = tonumber(ARGV[2])
for k = 1, #KEYS do
  local period = tonumber(ARGV[k + 2])
  local text = redis.call('GET', KEYS[k])
  if text then
    local i, c, p = load(text, now, period)
    if c > 0 and now - i * period > age then
      redis.call('SET', KEYS[k], string.format('%d:%d:%d', i, c - 1, p), 'KEEPTTL')
    end
  end
end
return 0
`);
