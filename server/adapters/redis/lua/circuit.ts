import { keptTrials, provenMs, slicesPerWindow } from '../../../domain/routing/circuit/circuit.ts'

/**
 * Circuits, as `domain/routing/circuit` has them, where they are shared: a hash each, and rows, slices and trials in it as
 * JSON. One property test holds both to the same answers.
 */
export const circuitLua = `
local function closedCircuit() return { row = {}, slices = {}, trials = {} } end
-- What most are; nobody changes it.
local cleanCircuit = closedCircuit()

local function readCircuit(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return cleanCircuit end
  local circuit = closedCircuit()
  for i = 1, #flat, 2 do
    local name, value = flat[i], flat[i + 1]
    if name == 'reason' then circuit.reason = value
    elseif name == 'openedAtMs' or name == 'retryAtMs' or name == 'lastOpenedAtMs' then circuit[name] = tonumber(value)
    else circuit[name] = cjson.decode(value) end
  end
  return circuit
end

local function writeCircuit(key, circuit)
  redis.call('DEL', key)
  for _, name in ipairs({ 'row', 'slices', 'trials' }) do
    if next(circuit[name]) then redis.call('HSET', key, name, cjson.encode(circuit[name])) end
  end
  if circuit.lastOpenedAtMs then redis.call('HSET', key, 'lastOpenedAtMs', circuit.lastOpenedAtMs) end
  if circuit.openedAtMs then
    redis.call('HSET', key, 'openedAtMs', circuit.openedAtMs, 'retryAtMs', circuit.retryAtMs, 'reason', circuit.reason)
  end
end

local function circuitState(circuit)
  if not circuit.openedAtMs then return 'closed' end
  return #circuit.trials > 0 and 'half_open' or 'open'
end

local function closedAgain(circuit)
  local closed = closedCircuit()
  closed.lastOpenedAtMs = circuit.openedAtMs
  return closed
end

local function circuitAt(circuit, nowMs)
  if circuit.openedAtMs then
    for _, trial in ipairs(circuit.trials) do
      if trial.answeredAtMs and nowMs - trial.answeredAtMs >= ${provenMs} then return closedAgain(circuit) end
    end
  end
  return circuit
end

local function isBroken(circuit, nowMs)
  if not circuit.openedAtMs then return false end
  if nowMs < circuit.retryAtMs then return true end
  local last = circuit.trials[#circuit.trials]
  return last ~= nil and nowMs < last.untilMs
end

local function putCircuit(key, kind, id, before, circuit, changes)
  writeCircuit(key, circuit)
  local from, to = circuitState(before), circuitState(circuit)
  if from ~= to then changes[#changes + 1] = { kind, id, from, to, circuit.reason } end
end

local function beginAttempt(key, kind, id, leaseKey, untilMs, nowMs, changes)
  local before = readCircuit(key)
  local circuit = circuitAt(before, nowMs)
  if not circuit.openedAtMs then
    if circuit ~= before then putCircuit(key, kind, id, before, circuit, changes) end
    return
  end
  local trials = {}
  for _, trial in ipairs(circuit.trials) do trials[#trials + 1] = trial end
  trials[#trials + 1] = { key = leaseKey, untilMs = untilMs }
  if #trials > ${keptTrials} then table.remove(trials, 1) end
  putCircuit(key, kind, id, before, {
    row = circuit.row, slices = circuit.slices, trials = trials,
    openedAtMs = circuit.openedAtMs, retryAtMs = circuit.retryAtMs, reason = circuit.reason,
  }, changes)
end

local function withResult(slices, failed, windowMs, nowMs)
  local width = math.max(1, math.floor(windowMs / ${slicesPerWindow}))
  local kept = {}
  for _, slice in ipairs(slices) do
    if slice.startMs > nowMs - windowMs then kept[#kept + 1] = slice end
  end
  local last = kept[#kept]
  if last and nowMs - last.startMs < width then
    last.results = last.results + 1
    last.failed = last.failed + failed
  else
    kept[#kept + 1] = { startMs = nowMs, results = 1, failed = failed }
  end
  return kept
end

local function whyOpen(row, slices, policy, isShared)
  local mostOfOne = policy.failures
  if isShared and policy.failures > 1 then mostOfOne = policy.failures - 1 end
  local all, counted = 0, 0
  for _, count in pairs(row) do
    all = all + count
    counted = counted + math.min(count, mostOfOne)
  end
  if counted >= policy.failures then return all .. ' failed in a row' end
  if not policy.failureRatio then return nil end
  local results, failed = 0, 0
  for _, slice in ipairs(slices) do
    results = results + slice.results
    failed = failed + slice.failed
  end
  if results >= policy.minimumResults and failed / results >= policy.failureRatio then
    return failed .. ' of ' .. results .. ' failed'
  end
end

local function withFailure(before, agentId)
  local row = {}
  for id, count in pairs(before) do row[id] = count end
  row[agentId] = (row[agentId] or 0) + 1
  return row
end

local function endedCircuit(circuit, ended, isShared)
  local policy, nowMs = ended.policy, ended.nowMs
  local isFailed = false
  for _, result in ipairs(policy.failedResults) do isFailed = isFailed or result == ended.result end
  if circuit.openedAtMs then
    local trials = {}
    for _, trial in ipairs(circuit.trials) do
      if trial.key ~= ended.leaseKey then trials[#trials + 1] = trial end
    end
    if #trials == #circuit.trials then return circuit end
    if ended.result == 'answered' then return closedAgain(circuit) end
    return {
      row = isFailed and withFailure(circuit.row, ended.agentId) or circuit.row, slices = circuit.slices,
      trials = trials, reason = circuit.reason,
      openedAtMs = circuit.openedAtMs, retryAtMs = isFailed and nowMs + policy.coolOffMs or circuit.retryAtMs,
    }
  end
  if not isFailed and ended.result ~= 'answered' then return circuit end
  local lastOpenedAtMs = circuit.lastOpenedAtMs
  if lastOpenedAtMs and ended.startedAtMs <= lastOpenedAtMs then return circuit end
  local slices = {}
  if policy.failureRatio then
    slices = withResult(circuit.slices, isFailed and 1 or 0, policy.windowMs, nowMs)
  end
  if not isFailed then return { row = {}, slices = slices, trials = {}, lastOpenedAtMs = lastOpenedAtMs } end
  local row = withFailure(circuit.row, ended.agentId)
  local reason = whyOpen(row, slices, policy, isShared)
  if not reason then return { row = row, slices = slices, trials = {}, lastOpenedAtMs = lastOpenedAtMs } end
  return {
    row = {}, slices = {}, trials = {}, openedAtMs = nowMs, reason = reason, retryAtMs = nowMs + policy.coolOffMs,
  }
end

local function endAttempt(key, kind, id, ended, changes)
  local before = readCircuit(key)
  local wasState = circuitState(before)
  local circuit = endedCircuit(circuitAt(before, ended.nowMs), ended, kind == 'provider')
  if circuit == before then return end
  writeCircuit(key, circuit)
  local state = circuitState(circuit)
  if state ~= wasState then changes[#changes + 1] = { kind, id, wasState, state, circuit.reason } end
end
`
