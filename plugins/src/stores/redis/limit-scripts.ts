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
 * KEYS: one counter for each window. ARGV: Unix milliseconds or '' for the server's clock; then for each window its limit, its period
 * in milliseconds, '1' when it slides, and the cost. The reply is that of LimitStore.take.
 */
export const take = script(`${LOAD}
local values = redis.call('MGET', unpack(KEYS))
local n = #KEYS
local index, current, previous, free = {}, {}, {}, {}
local counted = true
for k = 1, n do
  local limit, period, slides = tonumber(ARGV[4 * k - 2]), tonumber(ARGV[4 * k - 1]), ARGV[4 * k] == '1'
  index[k], current[k], previous[k] = load(values[k], now, period)
  local held = current[k]
  if slides then held = previous[k] * (period - math.max(0, now - index[k] * period)) / period + held end
  free[k] = held + 1 <= limit
  counted = counted and free[k]
end
local reply = {}
for k = 1, n do
  local limit, period, slides, cost = tonumber(ARGV[4 * k - 2]), tonumber(ARGV[4 * k - 1]), ARGV[4 * k] == '1', ARGV[4 * k + 1]
  local left = (index[k] + 1) * period - now
  if free[k] then
    if counted and cost == '1' then
      current[k] = current[k] + 1
      local life = left
      if slides then life = left + period end
      redis.call('SET', KEYS[k], string.format('%d:%d:%d', index[k], current[k], previous[k]), 'PX', life)
    end
    local held = current[k]
    if slides then held = previous[k] * (period - math.max(0, now - index[k] * period)) / period + held end
    reply[2 * k - 1] = math.floor(limit - held)
    reply[2 * k] = left
  else
    reply[2 * k - 1] = -1
    if not slides then
      reply[2 * k] = math.max(1, left)
    else
      local room = limit - current[k] - 1
      if room >= 0 then
        reply[2 * k] = math.max(1, math.ceil(left - room * period / previous[k]))
      else
        reply[2 * k] = math.max(1, left + math.max(0, math.ceil(period - (limit - 1) * period / current[k])))
      end
    end
  end
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
