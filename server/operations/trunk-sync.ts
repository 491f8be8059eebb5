import type { TrunkPlatformState } from '../../shared/vocabulary.ts'
import type { PlatformTrunk } from '../ports/cloudonix.ts'
import type { StoredTrunk } from '../ports/configuration.ts'

export interface TrunkChange {
  /** Undefined for a trunk that is not stored yet. */
  readonly before: StoredTrunk | undefined
  readonly next: Pick<StoredTrunk, 'name' | 'cloudonixId' | 'direction' | 'platformState'>
  readonly changes: readonly string[]
}

export interface TrunkSync {
  readonly changes: readonly TrunkChange[]
  readonly unchanged: number
  readonly skipped: { name: string; reason: string }[]
}

const stateOf = ({ isActive, isDeleted }: PlatformTrunk): TrunkPlatformState =>
  isDeleted ? 'deleted' : isActive ? 'present' : 'inactive'

const compared = ['name', 'cloudonixId', 'direction', 'platformState'] as const

const changesOf = (before: StoredTrunk, next: TrunkChange['next']): string[] =>
  compared.flatMap((field) =>
    before[field] === next[field] ? [] : [`${field} ${before[field] ?? 'none'} → ${next[field] ?? 'none'}`],
  )

/** A trunk that Cloudonix does not have any more gives its name to the one that has it now. */
const nameOfGone = (name: string, names: ReadonlySet<string>): string => {
  const gone = `${name}-gone`
  for (let n = 1; ; n += 1) {
    const free = n === 1 ? gone : `${gone}-${n}`
    if (!names.has(free)) return free
  }
}

/**
 * What has to become of the stored trunks so that they are as the platform has them. One is found again by its Cloudonix
 * id, or by name if its own id is none that the platform still uses: it was typed in by hand, or deleted there and made anew.
 */
export const compareTrunks = (stored: readonly StoredTrunk[], platform: readonly PlatformTrunk[]): TrunkSync => {
  const live = new Set(platform.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id))
  const byId = new Map(stored.map((trunk) => [trunk.cloudonixId, trunk]))
  const adoptable = new Map(
    stored
      .filter(({ cloudonixId }) => cloudonixId === undefined || !live.has(cloudonixId))
      .map((trunk) => [trunk.name, trunk]),
  )
  const found = new Set<string>()
  const names = new Set<string>()
  const changes: TrunkChange[] = []
  const skipped: TrunkSync['skipped'] = []
  let unchanged = 0
  // Those that live come first, so that one which was deleted takes no name from them.
  for (const trunk of [...platform].sort((a, b) => Number(a.isDeleted) - Number(b.isDeleted))) {
    const { id, name, direction, isDeleted } = trunk
    const before = byId.get(id) ?? (isDeleted ? undefined : adoptable.get(name))
    if (before && found.has(before.id)) continue
    if (!before && isDeleted) continue
    if (names.has(name)) {
      if (!isDeleted)
        skipped.push({ name, reason: 'Cloudonix has another trunk of this name; rename one of them there' })
      continue
    }
    names.add(name)
    const next = { name, cloudonixId: id, direction: direction.slice(0, 40), platformState: stateOf(trunk) }
    if (before) {
      found.add(before.id)
      adoptable.delete(before.name)
    }
    const what = before ? changesOf(before, next) : []
    if (before && what.length === 0) unchanged += 1
    else changes.push({ before, next, changes: what })
  }
  const gone = stored.filter(({ id }) => !found.has(id))
  const kept = new Set(gone.filter(({ name }) => !names.has(name)).map(({ name }) => name))
  for (const before of gone) {
    const { cloudonixId, direction } = before
    const name = kept.has(before.name) ? before.name : nameOfGone(before.name, new Set([...names, ...kept]))
    kept.add(name)
    const next = { name, cloudonixId, direction, platformState: 'vanished' as const }
    const what = changesOf(before, next)
    if (what.length === 0) unchanged += 1
    else changes.push({ before, next, changes: what })
  }
  return { changes, unchanged, skipped }
}
