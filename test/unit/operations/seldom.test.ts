import { expect, it } from 'vitest'
import { createSeldom } from '../../../server/operations/seldom.ts'

it('says at once what happens for the first time, and then how often it happened, once in a while', () => {
  let nowMs = 50_000
  const said: number[] = []
  const seldom = createSeldom({ nowMs: () => nowMs }, 10_000)
  const happen = (times: number) => {
    for (let n = 0; n < times; n += 1) seldom((count) => said.push(count))
  }
  happen(1000)
  expect(said).toEqual([1])
  nowMs += 9999
  happen(1)
  nowMs += 1
  happen(1)
  expect(said).toEqual([1, 1001])
  nowMs -= 40_000
  happen(2)
  expect(said).toEqual([1, 1001, 1])
})
