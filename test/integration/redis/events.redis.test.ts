import { afterAll, beforeAll, expect, it } from 'vitest'
import { listenTo } from '../../support/event-reader.ts'
import { lastIdIn } from '../../support/event-text.ts'
import { startNodes, type Nodes } from '../../support/nodes.ts'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { ownerToken } from '../../support/test-server.ts'

let nodes: Nodes
let site: Site
beforeAll(async () => {
  nodes = await startNodes(2)
  site = await createSite(nodes.node(0))
}, 60_000)
afterAll(() => nodes.dispose())

const listen = (n: number, after?: string) => listenTo(nodes.node(n).admin, ownerToken, after)
const names = ({ events }: Awaited<ReturnType<typeof listen>>) => events().map(({ name }) => name)
const addNumber = (n: number, number: string) =>
  nodes.node(n).api('POST', `${site.path}/numbers`, { number, kind: 'did' })

it('tells of what another node did, and a listener that comes from another node to read again', async () => {
  const [here, there] = [await listen(0), await listen(1)]
  expect((await addNumber(0, '+12025550121')).status).toBe(201)
  await expect.poll(() => names(there), { timeout: 10_000 }).toContain('number.changed')
  await expect.poll(() => names(here)).toContain('number.changed')

  const moved = await listen(1, lastIdIn(here.text()))
  await expect.poll(() => moved.events()[0]).toMatchObject({ name: 'resync', data: { reason: 'unknown_id' } })
  for (const one of [here, there, moved]) await one.leave()
})

it('tells everybody to read again when a node could not hear the others for a while', async () => {
  const there = await listen(1)
  await expect.poll(() => lastIdIn(there.text())).toBeDefined()
  await nodes.redis.kill()
  await nodes.redis.start()
  await expect
    .poll(() => there.events().find(({ name }) => name === 'resync'), { timeout: 20_000 })
    .toMatchObject({
      data: { reason: 'gap' },
    })
  await there.leave()
})

it('keeps no event with a number that was erased, on any node', async () => {
  const there = await listen(1)
  await expect.poll(() => lastIdIn(there.text())).toBeDefined()
  const began = lastIdIn(there.text())
  const caller = '+12025550177'
  const token = newToken()
  await nodes.node(0).webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority, caller))
  await nodes.node(0).webhook(`${site.base}/cdr`, { session: token, disposition: 'NOANSWER', duration: 5, billsec: 0 })
  await expect.poll(() => there.text(), { timeout: 10_000 }).toContain(caller)
  await expect.poll(() => names(there)).toContain('call.ended')

  expect((await nodes.node(0).api('POST', `${site.path}/erasures`, { number: caller, mode: 'erase' })).status).toBe(202)
  await expect.poll(() => names(there), { timeout: 10_000 }).toContain('resync')
  const back = await listen(1, began)
  await expect.poll(() => names(back)).toContain('resync')
  expect(back.text()).not.toContain(caller)
  for (const one of [there, back]) await one.leave()
})
