import { barredTrunk } from '../ask-trunks.ts'
import { defaultTrunkIds, trunkIdsOf } from '../default-trunk.ts'
import type { OutboundWay } from '../route.ts'
import type { RoutingConfig } from '../routing-config.ts'
import type { Finding } from './finding.ts'

type Trunks = Pick<RoutingConfig, 'trunks' | 'defaultCountry'>
type About = Pick<Finding, 'severity' | 'ruleId' | 'groupId'>

/** Trunks that take no calls, whatever the hour. */
function* judgeTrunks({ trunks }: Trunks, ids: readonly string[], owner: string, about: About): Generator<Finding> {
  const barred = ids.flatMap((id) => {
    const why = barredTrunk(trunks.get(id))
    return why === undefined ? [] : [{ id, name: trunks.get(id)?.name ?? id, why }]
  })
  const isAll = barred.length === ids.length
  for (const { id, name, why } of barred)
    yield {
      kind: 'unusable_trunk',
      ...about,
      severity: isAll || about.severity === 'info' ? about.severity : 'warning',
      otherId: id,
      message: `${owner} sends calls through trunk ${name}, which is passed over: ${why}; ${isAll ? 'none is left, so name one that takes calls' : 'the others take them. Put it right, or leave it out'}`,
    }
}

/** What an outbound rule or a target that is a number goes through. */
export function* judgeWay(
  config: Trunks,
  way: OutboundWay | undefined,
  owner: string,
  about: About,
): Generator<Finding> {
  if (!way) return
  if ('type' in way) {
    if (way.type === 'number') yield* judgeTrunks(config, trunkIdsOf(config, way), owner, about)
    return
  }
  const ids = way.trunkIds.length > 0 ? way.trunkIds : defaultTrunkIds(config)
  if (ids.length === 0)
    yield {
      kind: 'no_trunk',
      ...about,
      message: `${owner} names no trunk, and there is no default trunk, so its calls are rejected; name trunks, or make one the default`,
    }
  yield* judgeTrunks(config, ids, owner, about)
}
