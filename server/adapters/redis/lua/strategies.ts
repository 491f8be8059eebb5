import { tolerance } from '../../../domain/routing/strategies/chairman.ts'

/** Whom each strategy chooses, as `domain/routing/strategies` does. */
export const strategiesLua = `
local function byPosition(a, b) return a.position - b.position end
local function byUse(a, b)
  if a.active ~= b.active then return a.active - b.active end
  if a.used ~= b.used then return a.used - b.used end
  return a.position - b.position
end
local function byLoad(a, b)
  local difference = a.active * b.weight - b.active * a.weight
  if difference ~= 0 then return difference end
  if a.used ~= b.used then return a.used - b.used end
  return a.position - b.position
end

local function chairman(contenders, tie)
  if #contenders <= 1 then return contenders[1] end
  local slack = 1 / (2 * #contenders - 2)
  local total, anyReleased = 0, false
  for _, contender in ipairs(contenders) do
    total = total + contender.weight
    anyReleased = anyReleased or contender.behind >= slack - ${tolerance}
  end
  local best, bestDeadline
  for _, contender in ipairs(contenders) do
    if not (anyReleased and contender.behind < slack - ${tolerance}) then
      local deadline = ((1 - slack - contender.behind) * total) / contender.weight
      local difference = best and deadline - bestDeadline
      if not best or difference < -${tolerance} or (difference <= ${tolerance} and tie(contender, best) < 0) then
        best, bestDeadline = contender, deadline
      end
    end
  end
  return best
end

local function takeTurns(contenders) return chairman(contenders, byPosition) end

local choose = {
  load_balanced = function(contenders) return chairman(contenders, byUse) end,
  round_robin = takeTurns,
  priority = takeTurns,
  least_active = function(contenders)
    local best
    for _, contender in ipairs(contenders) do
      if not best or byLoad(contender, best) < 0 then best = contender end
    end
    return best
  end,
  weighted_random = function(contenders, chance)
    local total = 0
    for _, contender in ipairs(contenders) do total = total + contender.weight end
    local ticket = chance * total
    for _, contender in ipairs(contenders) do
      ticket = ticket - contender.weight
      if ticket < 0 then return contender end
    end
    return contenders[#contenders]
  end,
}

local function contendersAmong(strategy, eligible)
  if strategy ~= 'priority' then return eligible end
  local first = math.huge
  for _, member in ipairs(eligible) do first = math.min(first, member.priority) end
  local contenders = {}
  for _, member in ipairs(eligible) do
    if member.priority == first then contenders[#contenders + 1] = member end
  end
  return contenders
end
`
