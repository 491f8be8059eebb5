import { bucketsPerWindow } from '../../../domain/routing/strategies/tally.ts'

/**
 * The tally of a group, as `domain/routing/strategies` has it, where it is shared. Its hash holds `epoch`, `earliest` (start
 * of the oldest bucket) and for each agent `o:` its offset, `c:` its first choices of the epoch, `b:` the start of its newest
 * bucket and `u:` its last use; a strategy with a window counts buckets (`start:agent`) in a second hash.
 */
export const tallyLua = `
local function exact(number) return string.format('%.17g', number) end

local function readTally(key)
  local tally = { epoch = '', offset = {}, count = {}, used = {}, bucket = {} }
  local names = { ['o:'] = 'offset', ['c:'] = 'count', ['u:'] = 'used', ['b:'] = 'bucket' }
  local flat = redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    local field, value = flat[i], flat[i + 1]
    local kind = names[string.sub(field, 1, 2)]
    if kind then tally[kind][string.sub(field, 3)] = tonumber(value)
    elseif field == 'epoch' then tally.epoch = value
    else tally.earliest = tonumber(value) end
  end
  return tally
end

local function epochOf(contenders)
  local parts = {}
  for i, contender in ipairs(contenders) do parts[i] = contender.share end
  return table.concat(parts, ',')
end

-- The contenders of the epoch under way with what they were given in it, and the sums over them.
local function openEpoch(tally)
  local open = { shares = {}, byAgent = {}, n = 0, total = 0 }
  for part in string.gmatch(tally.epoch, '[^,]+') do
    local id, weight = string.match(part, '^(.*):(%d+)$')
    local share = { id = id, weight = tonumber(weight), count = tally.count[id] or 0 }
    open.shares[#open.shares + 1] = share
    open.byAgent[id] = share
    open.n = open.n + share.count
    open.total = open.total + share.weight
  end
  return open
end

local function balanceOf(tally, share, open, ahead)
  return (tally.offset[share.id] or 0) + ((open.n + ahead) * share.weight - open.total * share.count) / open.total
end

local function clamp(balance) return math.max(-1, math.min(1, balance)) end

local function level(carried)
  local free, surplus = carried, 0
  for _, one in ipairs(carried) do surplus = surplus + one.balance end
  while surplus ~= 0 and #free > 0 do
    local total = 0
    for _, one in ipairs(free) do total = total + one.weight end
    local shift = surplus / total
    local within = {}
    surplus = 0
    for _, one in ipairs(free) do
      local balance = one.balance - shift * one.weight
      one.balance = clamp(balance)
      if one.balance == balance then within[#within + 1] = one
      else surplus = surplus + (one.balance - balance) end
    end
    free = within
  end
end

local function carriedBalances(tally, before, contenders)
  local carried = {}
  for i, contender in ipairs(contenders) do
    local share = before.byAgent[contender.id]
    local balance = share and clamp(balanceOf(tally, share, before, 0)) or tally.offset[contender.id] or 0
    carried[i] = { id = contender.id, weight = contender.weight, balance = balance }
  end
  level(carried)
  return carried
end

local function isExpiring(earliest, windowMs, nowMs)
  return windowMs ~= nil and earliest ~= nil and earliest < nowMs - windowMs
end

local function expireTally(tally, key, windowKey, windowMs, nowMs, isDry)
  local oldest = nowMs - windowMs
  local open = openEpoch(tally)
  local gone, allGone, earliest, doomed = {}, 0, nil, {}
  local flat = redis.call('HGETALL', windowKey)
  for i = 1, #flat, 2 do
    local start, id = string.match(flat[i], '^(%d+):(.*)$')
    start = tonumber(start)
    if start < oldest then
      local count = tonumber(flat[i + 1])
      gone[id] = (gone[id] or 0) + count
      allGone = allGone + count
      doomed[#doomed + 1] = flat[i]
    elseif not earliest or start < earliest then earliest = start end
  end
  for _, share in ipairs(open.shares) do
    local lost = gone[share.id] or 0
    tally.offset[share.id] = (tally.offset[share.id] or 0) + (allGone * share.weight - open.total * lost) / open.total
    tally.count[share.id] = share.count - lost
  end
  tally.earliest = earliest
  if isDry then return end
  for _, share in ipairs(open.shares) do
    redis.call('HSET', key, 'o:' .. share.id, exact(tally.offset[share.id]), 'c:' .. share.id, tally.count[share.id])
  end
  for _, field in ipairs(doomed) do redis.call('HDEL', windowKey, field) end
  if earliest then redis.call('HSET', key, 'earliest', earliest) else redis.call('HDEL', key, 'earliest') end
end

-- How many calls each contender is behind its share, the one being placed included.
local function rank(tally, contenders, epoch)
  local total = 0
  for _, contender in ipairs(contenders) do total = total + contender.weight end
  if tally.epoch == epoch then
    local n = 0
    for _, contender in ipairs(contenders) do n = n + contender.count end
    for _, contender in ipairs(contenders) do
      contender.behind = contender.offset + ((n + 1) * contender.weight - total * contender.count) / total
    end
  else
    for i, carried in ipairs(carriedBalances(tally, openEpoch(tally), contenders)) do
      contenders[i].behind = carried.balance + carried.weight / total
    end
  end
end

local function beginEpoch(tally, key, windowKey, contenders, epoch)
  local before = openEpoch(tally)
  local carried = carriedBalances(tally, before, contenders)
  for _, share in ipairs(before.shares) do
    redis.call('HSET', key, 'o:' .. share.id, exact(clamp(balanceOf(tally, share, before, 0))))
    redis.call('HDEL', key, 'c:' .. share.id, 'b:' .. share.id)
  end
  for _, one in ipairs(carried) do redis.call('HSET', key, 'o:' .. one.id, exact(one.balance)) end
  redis.call('HDEL', key, 'earliest')
  redis.call('DEL', windowKey)
  redis.call('HSET', key, 'epoch', epoch)
  for _, contender in ipairs(contenders) do contender.bucket = nil end
  tally.earliest = nil
end

local function countFirstChoice(tally, key, windowKey, contenders, epoch, chosen, windowMs, nowMs)
  if tally.epoch ~= epoch then beginEpoch(tally, key, windowKey, contenders, epoch) end
  local id = chosen.id
  redis.call('HINCRBY', key, 'c:' .. id, 1)
  redis.call('HSET', key, 'u:' .. id, nowMs)
  if not windowMs then return end
  local width = math.max(1, math.floor(windowMs / ${bucketsPerWindow}))
  local start = math.max(nowMs - nowMs % width, chosen.bucket or 0)
  redis.call('HINCRBY', windowKey, string.format('%d', start) .. ':' .. id, 1)
  if start ~= chosen.bucket then redis.call('HSET', key, 'b:' .. id, start) end
  if not tally.earliest or start < tally.earliest then redis.call('HSET', key, 'earliest', start) end
end
`
