import type { RoutingConfig } from './routing-config.ts'

/**
 * Why what has this schedule does not count now; undefined when it does. A schedule that was deleted never opens: what was
 * to stay quiet at some hours does not begin to take calls at all of them.
 */
export const outOfSchedule = (
  { schedules }: Pick<RoutingConfig, 'schedules'>,
  scheduleId: string | undefined,
  atMs: number,
): string | undefined => {
  if (scheduleId === undefined) return undefined
  const schedule = schedules.get(scheduleId)
  return schedule ? schedule.whyClosed(atMs) : `its schedule ${scheduleId} was deleted`
}
