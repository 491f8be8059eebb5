import { circuitLua } from './circuit.ts'
import { onceLua } from './once.ts'
import { strategiesLua } from './strategies.ts'
import { tallyLua } from './tally.ts'

/**
 * Each script gets the tenant's key prefix as its only key: all keys of a tenant share its hash tag and so their slot. What
 * else it needs is JSON in its arguments.
 */
const prefix = `
local prefix = KEYS[1]
`

const leasesLua = `
local function activeCalls(kind, id, nowMs)
  return redis.call('ZCOUNT', prefix .. kind .. ':' .. id .. ':leases', '(' .. string.format('%d', nowMs), '+inf')
end
local function hold(kind, id, leaseKey, untilMs, nowMs)
  local key = prefix .. kind .. ':' .. id .. ':leases'
  redis.call('ZREMRANGEBYSCORE', key, '-inf', nowMs)
  redis.call('ZADD', key, untilMs, leaseKey)
  redis.call('SADD', prefix .. 'leases', kind .. ':' .. id .. ':leases')
end
local function circuitKey(kind, id) return prefix .. kind .. ':' .. id .. ':circuit' end
`

/** What a member takes of the arguments: its own, then the names of its fields in the tally. */
const argsPerMember = 8
const fieldsPerMember = 4

/**
 * ARGV: id of the command, the request as JSON, number of members, then for each its id, `id:weight`, weight, priority,
 * position, number of its provider, cap and standing, then for each its fields of the tally. They are no part of the JSON
 * because most of the time would go into decoding it.
 *
 * Answers the chosen member (0: none), 1 where it was the caller's last one, the circuits that are not closed and the changes
 * of circuits as JSON, the calls of each provider, then of each member its calls, first choices, last use (-1: never) and how
 * far it is behind.
 */
export const selectScript = `${prefix}${onceLua}${leasesLua}${circuitLua}${tallyLua}${strategiesLua}
local before = answeredBefore(ARGV[1])
local request, count = cjson.decode(ARGV[2]), tonumber(ARGV[3])
local nowMs, group = request.nowMs, request.group
local windowMs = group and group.windowMs
local tallyKey, windowKey = group and prefix .. group.tallyKey, group and prefix .. group.windowKey
local firstField = 4 + ${argsPerMember} * count
local tally, values = { epoch = '' }, {}
if group and count > 0 then
  values = redis.call('HMGET', tallyKey, 'epoch', 'earliest', unpack(ARGV, firstField, #ARGV))
  tally.epoch, tally.earliest = values[1] or '', tonumber(values[2] or nil)
end
local whole
if isExpiring(tally.earliest, windowMs, nowMs) then
  whole = readTally(tallyKey)
  expireTally(whole, tallyKey, windowKey, windowMs, nowMs, request.dryRun)
  tally.earliest = whole.earliest
end

local stickyKey, lastAgent
if request.sticky and group then
  stickyKey = prefix .. group.stickyKey .. request.sticky.caller
  local last = redis.call('GET', stickyKey)
  if last then
    local atMs, id = string.match(last, '^(%d+):(.*)$')
    if nowMs - tonumber(atMs) < request.sticky.ms then lastAgent = id end
  end
end

local reply = { 0, 0, '', '' }
local circuits, providers = {}, {}
for i, provider in ipairs(request.providers) do
  local key, limit = provider[1], provider[2]
  local active = limit >= 0 and activeCalls('provider', key, nowMs) or 0
  local circuit = circuitAt(readCircuit(circuitKey('provider', key)), nowMs)
  if circuit.openedAtMs then circuits[#circuits + 1] = { 'provider', key, circuit } end
  providers[i] = { key = key, isFull = limit >= 0 and active >= limit, isBroken = isBroken(circuit, nowMs) }
  if circuit.openedAtMs then providers[i].failedTrials = circuit.row end
  reply[#reply + 1] = active
end

local members, able, eligible, sticky = {}, {}, {}, nil
for i = 1, count do
  local at, value = 4 + ${argsPerMember} * (i - 1), 3 + ${fieldsPerMember} * (i - 1)
  local id, cap, standing = ARGV[at], tonumber(ARGV[at + 6]), ARGV[at + 7]
  local member = {
    index = i, id = id, share = ARGV[at + 1], weight = tonumber(ARGV[at + 2]), priority = tonumber(ARGV[at + 3]),
    position = tonumber(ARGV[at + 4]), provider = providers[tonumber(ARGV[at + 5])], standing = standing,
    active = activeCalls('agent', id, nowMs),
    offset = tonumber(values[value] or 0), count = tonumber(values[value + 1] or 0),
    lastUsed = tonumber(values[value + 2] or nil), bucket = tonumber(values[value + 3] or nil),
  }
  if whole then member.offset, member.count = whole.offset[id] or 0, whole.count[id] or 0 end
  member.used = member.lastUsed or 0
  members[i] = member
  local circuit = circuitAt(readCircuit(circuitKey('agent', id)), nowMs)
  if circuit.openedAtMs then circuits[#circuits + 1] = { 'agent', id, circuit } end
  local mayTry = standing == 'held_closed' or not (isBroken(circuit, nowMs) or member.provider.isBroken)
  if standing ~= 'barred' and not (cap >= 0 and member.active >= cap) and not member.provider.isFull and mayTry then
    able[#able + 1] = member
    local failed = standing ~= 'held_closed' and member.provider.failedTrials
    if failed then
      member.failed = failed[id] or 0
      member.provider.fewest = math.min(member.failed, member.provider.fewest or member.failed)
    end
  end
end
for _, member in ipairs(able) do
  if not member.failed or member.failed <= member.provider.fewest then
    eligible[#eligible + 1] = member
    if member.id == lastAgent then sticky = member end
  end
end

local strategy = request.strategy
local contenders = contendersAmong(strategy, eligible)
local epoch = epochOf(contenders)
local isNewEpoch = group and #contenders > 0 and epoch ~= tally.epoch
if isNewEpoch then
  local earliest = tally.earliest
  tally = whole or readTally(tallyKey)
  tally.earliest = earliest
end
if #contenders > 0 then
  if not group then tally = { epoch = '', offset = {}, count = {} } end
  rank(tally, contenders, epoch)
end
local chosen = sticky or choose[strategy](contenders, request.chance)
if before then
  -- Chosen when it was asked first; what is compared has changed by that.
  local index, wasSticky = string.match(before, '(%d+) (%d)')
  chosen, sticky = members[tonumber(index)], wasSticky == '1'
end
for _, member in ipairs(members) do
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3] = member.active, member.count, member.lastUsed or -1
  reply[n + 4] = member.behind and exact(member.behind) or ''
end
local changes = {}
if chosen then reply[1], reply[2] = chosen.index, sticky and 1 or 0 end
if chosen and not request.dryRun and not before then
  hold('agent', chosen.id, request.leaseKey, request.leaseUntilMs, nowMs)
  hold('provider', chosen.provider.key, request.leaseKey, request.leaseUntilMs, nowMs)
  if stickyKey then
    redis.call('SET', stickyKey, string.format('%d', nowMs) .. ':' .. chosen.id, 'PX', request.sticky.ms)
  end
  if group and request.isFirstChoice and not sticky then
    countFirstChoice(tally, tallyKey, windowKey, contenders, epoch, chosen, windowMs, nowMs)
  end
  if chosen.standing ~= 'held_closed' then
    local untilMs, leaseKey = request.trialUntilMs, request.leaseKey
    local provider = chosen.provider.key
    beginAttempt(circuitKey('agent', chosen.id), 'agent', chosen.id, leaseKey, untilMs, nowMs, changes)
    beginAttempt(circuitKey('provider', provider), 'provider', provider, leaseKey, untilMs, nowMs, changes)
  end
  answerOnce(ARGV[1], reply[1] .. ' ' .. reply[2])
end
if #circuits > 0 then reply[3] = cjson.encode(circuits) end
if #changes > 0 then reply[4] = cjson.encode(changes) end
return reply
`

/** ARGV: id of the command, the request as JSON. Answers the calls of each trunk before, by which `chooseTrunk` chooses too. */
export const selectTrunkScript = `${prefix}${onceLua}${leasesLua}
local before = answeredBefore(ARGV[1])
if before then return before end
local request = cjson.decode(ARGV[2])
local chosen, active = 0, {}
for i, trunk in ipairs(request.trunks) do
  active[i] = activeCalls('trunk', trunk[1], request.nowMs)
  if chosen == 0 and not (trunk[2] >= 0 and active[i] >= trunk[2]) then chosen = i end
end
local text = cjson.encode(active)
if chosen == 0 or request.dryRun then return text end
hold('trunk', request.trunks[chosen][1], request.leaseKey, request.leaseUntilMs, request.nowMs)
return answerOnce(ARGV[1], text)
`

/** ARGV: id of the command, the ended attempt as JSON. Answers the changes of circuits as JSON. */
export const endAttemptScript = `${prefix}${onceLua}${leasesLua}${circuitLua}
local before = answeredBefore(ARGV[1])
if before then return before end
local ended = cjson.decode(ARGV[2])
local changes = {}
for _, subject in ipairs({ { 'agent', ended.agentId }, { 'provider', ended.provider } }) do
  local kind, id = subject[1], subject[2]
  redis.call('ZREM', prefix .. kind .. ':' .. id .. ':leases', ended.leaseKey)
  endAttempt(circuitKey(kind, id), kind, id, ended, changes)
end
return answerOnce(ARGV[1], cjson.encode(changes))
`

/** ARGV: agent, provider, lease key, now. */
export const noteAnswerScript = `${prefix}${leasesLua}${circuitLua}
local nowMs = tonumber(ARGV[4])
for i, kind in ipairs({ 'agent', 'provider' }) do
  local key = circuitKey(kind, ARGV[i])
  local circuit = circuitAt(readCircuit(key), nowMs)
  for _, trial in ipairs(circuit.trials) do
    if trial.key == ARGV[3] and not trial.answeredAtMs then
      trial.answeredAtMs = nowMs
      redis.call('HSET', key, 'trials', cjson.encode(circuit.trials))
    end
  end
end
return 1
`

const sessionLua = `
local function sessionKey(token) return prefix .. 'session:' .. token .. ':state' end
local function eventsKey(token) return prefix .. 'session:' .. token .. ':events' end
local liveKey = prefix .. 'calls:live'
local function saveCall(call)
  local key = sessionKey(call.token)
  local known = tonumber(redis.call('HGET', key, 'revision') or '-1')
  if call.revision < known then return 0 end
  redis.call('HSET', key, 'call', call.text, 'revision', call.revision)
  redis.call('PEXPIRE', key, call.keptMs)
  if call.isLive then
    redis.call('ZADD', liveKey, call.deadlineMs, call.token)
  else
    redis.call('ZREM', liveKey, call.token)
    redis.call('DEL', eventsKey(call.token))
  end
  return 1
end
local function saveAnswers(answers)
  for _, answer in ipairs(answers) do redis.call('SET', prefix .. answer.key, answer.text, 'PX', answer.keptMs) end
end
`

/** ARGV: lock key, owner, how long it is held at most, token. Answers 0, or 1 and the call where it is known. */
export const acquireScript = `${prefix}${sessionLua}
local lockKey = prefix .. ARGV[1]
if not redis.call('SET', lockKey, ARGV[2], 'NX', 'PX', ARGV[3]) and redis.call('GET', lockKey) ~= ARGV[2] then
  return { 0 }
end
return { 1, redis.call('HGET', sessionKey(ARGV[4]), 'call') }
`

/** ARGV: lock key, owner (empty: there is none to release), what was saved meanwhile as JSON (`save` in remote-state), token. */
export const saveScript = `${prefix}${sessionLua}
local saved = cjson.decode(ARGV[3])
if saved.call then saveCall(saved.call) end
saveAnswers(saved.answers)
if #saved.events > 0 and redis.call('ZSCORE', liveKey, ARGV[4]) then
  local key = eventsKey(ARGV[4])
  for _, event in ipairs(saved.events) do redis.call('HSET', key, event, 1) end
  redis.call('PEXPIRE', key, saved.eventsKeptMs)
end
if ARGV[2] ~= '' and redis.call('GET', prefix .. ARGV[1]) == ARGV[2] then redis.call('DEL', prefix .. ARGV[1]) end
return 1
`

/** ARGV: latest deadline. Answers the calls that live and are past it. */
export const overdueScript = `${prefix}${sessionLua}
local calls = {}
for _, token in ipairs(redis.call('ZRANGEBYSCORE', liveKey, '-inf', ARGV[1])) do
  local call = redis.call('HGET', sessionKey(token), 'call')
  if call then calls[#calls + 1] = call else redis.call('ZREM', liveKey, token) end
end
return calls
`

/** ARGV: a call, its slots and answers as JSON (`adopt` in remote-state), now. A slot whose time is 0 was given back. */
export const adoptScript = `${prefix}${sessionLua}
local adopted, nowMs = cjson.decode(ARGV[1]), tonumber(ARGV[2])
if saveCall(adopted.call) == 0 then return 0 end
for _, slot in ipairs(adopted.slots) do
  for _, name in ipairs(slot.names) do
    if slot.untilMs > nowMs then
      redis.call('ZADD', prefix .. name, slot.untilMs, slot.leaseKey)
      redis.call('SADD', prefix .. 'leases', name)
    else
      redis.call('ZREM', prefix .. name, slot.leaseKey)
    end
  end
end
saveAnswers(adopted.answers)
return 1
`

/** ARGV: name of the leases, lease, token, attempt, lock key. Answers 1 when nothing held the lease any more. */
export const freeOrphanScript = `${prefix}${sessionLua}
if redis.call('EXISTS', prefix .. ARGV[5]) == 1 then return 0 end
local text = redis.call('HGET', sessionKey(ARGV[3]), 'call')
if text and redis.call('ZSCORE', liveKey, ARGV[3]) then
  for _, attempt in ipairs(cjson.decode(text).attempts) do
    local holders = { agent = attempt.agentId, provider = attempt.provider, trunk = attempt.trunkId }
    for kind, id in pairs(holders) do
      local isHolder = ARGV[1] == prefix .. kind .. ':' .. id .. ':leases'
      if isHolder and attempt.n == tonumber(ARGV[4]) and not attempt.endedAtMs then return 0 end
    end
  end
end
return redis.call('ZREM', ARGV[1], ARGV[2])
`

/**
 * ARGV: place of a circuit, when it opened, when it may be tried, why, its trials as JSON. Answers 0 where Redis has it open
 * already.
 */
export const restoreCircuitScript = `${prefix}${circuitLua}
local key = prefix .. ARGV[1]
if redis.call('HEXISTS', key, 'openedAtMs') == 1 then return 0 end
local circuit = closedCircuit()
circuit.openedAtMs, circuit.retryAtMs, circuit.reason = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
circuit.trials = cjson.decode(ARGV[5])
writeCircuit(key, circuit)
return 1
`
