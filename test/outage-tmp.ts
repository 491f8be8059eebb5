import { startNodes } from './support/nodes.ts'
import { createSite, dialled, newToken, numberOf, voiceRequest } from './support/site.ts'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
const rate = Number(process.argv[2] ?? 100)
const nodes = await startNodes(3)
const site = await createSite({ api: nodes.api(0) } as any)
for (const { id, version } of site.agents) await nodes.api(0)('PATCH', `${site.path}/voice-agents/${id}`, { version, maxConcurrentCalls: 10 })
const tpl = JSON.parse(readFileSync('test/fixtures/cloudonix/cdr-answered.json', 'utf8'))
await sleep(1500)
let asked = 0, done = 0, over = false; const held = new Map<string, number>(), worst = new Map<string, number>(); const lat: number[] = []; const failed = new Map<string, number>()
const one = async (n: number) => { const token = newToken(); const t = performance.now(); try {
  const { status, text } = await nodes.post(n % 3, `${site.base}/application`, voiceRequest(token, numberOf.load_balanced)); lat.push(performance.now() - t); done++
  if (status !== 200) failed.set(text, 1)
  const a = dialled(text); if (!a) return
  held.set(a, (held.get(a) ?? 0) + 1); worst.set(a, Math.max(worst.get(a) ?? 0, held.get(a)!))
  await sleep(60); held.set(a, held.get(a)! - 1)
  const e = await nodes.post((n + 1) % 3, `${site.base}/cdr`, { ...tpl, session: { ...tpl.session, token } }); if (e.status !== 200) failed.set(e.text, (failed.get(e.text) ?? 0) + 1)
} catch (e) { failed.set(String(e), (failed.get(String(e)) ?? 0) + 1) } }
const t0 = performance.now()
const run = (async () => { while (!over) { while (asked < (performance.now() - t0) / 1000 * rate) void one(asked++); await sleep(2) } })()
const show = (w: string) => { lat.sort((a, b) => a - b); console.log(w, 'asked', asked, 'done', done, 'p50', lat[lat.length >> 1]?.toFixed(1), 'max', lat.at(-1)?.toFixed(0), 'worst', [...worst.values()], 'failed', [...failed]); lat.length = 0; worst.clear() }
const rz = async (n: number) => { const r = await fetch(`${nodes.running[n]!.admin}/readyz`); return (await r.text()).slice(0, 150) }
await sleep(2000); show('up')
await nodes.redis.kill(); for (let i = 0; i < 4; i++) { await sleep(500); show('killed') }
console.log(await rz(0)); 
await nodes.redis.start(); for (let i = 0; i < 6; i++) { await sleep(500); show('started') ; console.log(await rz(0))}
over = true; await run; await sleep(1500); show('end')
for (let n = 0; n < 3; n++) console.log((await nodes.api(n)('GET', `${site.path}/voice-agents`) as any).body.items.map((i: any) => i.health.activeCalls))
for (const r of nodes.running) console.log(r.output().slice(-600))
await nodes.dispose()
