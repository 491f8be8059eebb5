/** How long a command may be repeated after a time-out and still count once. */
const repeatMs = 10_000

/**
 * A command whose answer did not come in time may have been carried out all the same. It is repeated with the same id, and
 * its second run gives the answer of the first.
 */
export const onceLua = `
local function answeredBefore(id) return redis.call('GET', prefix .. 'routing:done:' .. id) end
local function answerOnce(id, answer)
  redis.call('SET', prefix .. 'routing:done:' .. id, answer, 'PX', ${repeatMs})
  return answer
end
`
