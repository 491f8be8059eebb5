import { describe, expect, it } from 'vitest'
import { outOfSchedule } from '../../../../server/domain/routing/out-of-schedule.ts'
import { aCompiledSchedule, aRoutingConfig } from '../../../support/builders.ts'

const config = aRoutingConfig({ schedules: [aCompiledSchedule()] })
const monday = Date.UTC(2026, 5, 1, 11)
const sunday = monday - 86_400_000

describe('what has a schedule', () => {
  it('counts while it is open', () => {
    expect(outOfSchedule(config, undefined, sunday)).toBeUndefined()
    expect(outOfSchedule(config, 'schedule-1', monday)).toBeUndefined()
    expect(outOfSchedule(config, 'schedule-1', sunday)).toBe(
      'outside its schedule Office hours (opens Mon 09:00 Europe/Berlin)',
    )
  })

  it('does not count when the schedule was deleted', () => {
    expect(outOfSchedule(config, 'schedule-9', monday)).toBe('its schedule schedule-9 was deleted')
  })
})
