import { expect, it } from 'vitest'
import { isWithheld } from '../../../../server/domain/numbers/withheld.ts'

it.each(['anonymous', 'Anonymous', 'UNKNOWN', '"Restricted"', 'private', '', '  ', '+', 'Un-available'])(
  '%j says nothing of who is calling',
  (number) => expect(isWithheld(number)).toBe(true),
)

it.each(['+12025550100', '1001', 'alice', 'anonymous2', 'private.line'])('%j is a caller', (number) =>
  expect(isWithheld(number)).toBe(false),
)
