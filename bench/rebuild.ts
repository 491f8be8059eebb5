import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { loadMasterKey, openSqliteStore } from '../server/adapters/sqlite/open-sqlite-store.ts'
import { createRouteTableBuilder } from '../server/domain/routing/route-table.ts'
import { createTenantDirectory } from '../server/operations/tenant-directory.ts'
import type { Bench, Figure } from './figures.ts'
import { routeOf } from './routes.ts'
import { makeSite, quiet, tenantId } from './site.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapMiB = (): number => {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

/** Runs the work while a ticker notes how long the event loop was away. */
const withPauses = async (work: () => Promise<void>): Promise<{ seconds: number; longestMs: number }> => {
  let longestMs = 0
  let last = performance.now()
  const ticker = setInterval(() => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }, 1)
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(ticker)
  return { seconds, longestMs: Math.max(longestMs, performance.now() - last) }
}

const label = (rules: number): string => `${rules.toLocaleString('en').replaceAll(',', ' ')} rules`

/** The table alone, from routes that are in memory already. */
const measureTable = (rules: number): Figure[] => {
  const routes = Array.from({ length: rules }, (_, n) => routeOf(n))
  const before = heapMiB()
  const startedAt = performance.now()
  const builder = createRouteTableBuilder()
  for (const route of routes) builder.add(route)
  const table = builder.build()
  const seconds = (performance.now() - startedAt) / 1000
  const index = heapMiB() - before
  return [
    { what: `${label(table.size)}: index of routes in memory`, value: seconds, unit: 's' },
    { what: `${label(routes.length)}: memory of that index`, value: index, unit: 'MiB' },
  ]
}

/** What a change of the configuration costs: read from the store, compiled, put in force, while calls are routed. */
const measureReload = async (rules: number): Promise<Figure[]> => {
  const site = await makeSite(rules)
  const store = await openSqliteStore({
    dataDir: site.dataDir,
    masterKey: await loadMasterKey(site.dataDir),
    log: quiet,
  })
  try {
    const before = heapMiB()
    const directory = createTenantDirectory(store.configuration, quiet)
    await directory.loadAll()
    const held = heapMiB() - before
    let peak = 0
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().heapUsed)), 20)
    const other = await withPauses(() => directory.reload(tenantId))
    // Rules that did not change are not compiled anew, so one has to.
    const [rule] = (await store.configuration.inboundRules.list(tenantId, { limit: 1 })).items
    if (!rule || !(await store.configuration.inboundRules.update({ ...rule, name: 'Changed', version: 2 })))
      throw new Error('no rule could be changed: the figures would be false')
    const tableBefore = directory.byId(tenantId)?.routing.rules
    const { seconds, longestMs } = await withPauses(() => directory.reload(tenantId))
    clearInterval(watch)
    if (directory.byId(tenantId)?.routing.rules === tableBefore)
      throw new Error('the rules were not compiled: the figures would be false')
    const inForce = directory.byId(tenantId)?.routing.rules.size ?? 0
    if (inForce !== rules)
      throw new Error(`${inForce} rules are in force instead of ${rules}: the figures would be false`)
    const target = rules === 1_000_000
    return [
      {
        what: `${label(rules)}: a rule changed, all read, compiled and in force`,
        value: seconds,
        unit: 's',
        ...(target && { target: { atMost: 1 } }),
      },
      { what: `${label(rules)}: something else changed, in force`, value: other.seconds, unit: 's' },
      { what: `${label(rules)}: longest pause of the event loop`, value: longestMs, unit: 'ms' },
      {
        what: `${label(rules)}: memory of the table, rules included`,
        value: held,
        unit: 'MiB',
        ...(target && { target: { atMost: 200 } }),
      },
      { what: `${label(rules)}: heap at its fullest, both tables`, value: peak / 2 ** 20, unit: 'MiB' },
    ]
  } finally {
    await store.close()
    await site.remove()
  }
}

export const benchRebuild: Bench = async () => {
  const figures: Figure[] = []
  for (const rules of [100_000, 1_000_000]) figures.push(...measureTable(rules), ...(await measureReload(rules)))
  return {
    title: 'Rebuild of the route table',
    figures,
    notes: ['a million rules come from SQLite in pages; calls are routed by the table of before meanwhile'],
  }
}
