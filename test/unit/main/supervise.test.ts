import { describe, expect, it } from 'vitest'
import { supervise, type ServerProcess } from '../../../main/supervise.ts'
import type { ControlPlaneStatus, FromControlPlane, ToControlPlane } from '../../../shared/contract/native.ts'

/** One run of the server, played by the test. */
const aProcess = () => {
  const posted: ToControlPlane[] = []
  let tell: (message: FromControlPlane) => void = () => undefined
  let end: (code: number) => void = () => undefined
  let isKilled = false
  const process: ServerProcess = {
    post: (message) => void posted.push(message),
    onMessage: (listener) => (tell = listener),
    onExit: (listener) => (end = listener),
    kill: () => (isKilled = true),
  }
  return {
    process,
    posted,
    isKilled: () => isKilled,
    ready: () => tell({ type: 'ready', urls: { webhooks: '', admin: '' } }),
    tell: (message: FromControlPlane) => tell(message),
    end: (code: number) => end(code),
  }
}

const aSupervision = () => {
  const runs: ReturnType<typeof aProcess>[] = []
  const statuses: ControlPlaneStatus[] = []
  let timers: { readonly atMs: number; readonly run: () => void }[] = []
  let nowMs = 0
  const server = supervise({
    start: () => {
      const run = aProcess()
      runs.push(run)
      return run.process
    },
    nowMs: () => nowMs,
    after: (ms, run) => {
      const timer = { atMs: nowMs + ms, run }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    onStatus: (status) => void statuses.push(status),
  })
  const pass = (ms: number) => {
    nowMs += ms
    const due = timers.filter(({ atMs }) => atMs <= nowMs)
    timers = timers.filter(({ atMs }) => atMs > nowMs)
    for (const { run } of due) run()
  }
  return { server, runs, statuses, pass, waiting: () => timers.length, latest: () => runs.at(-1)! }
}

const aRunningServer = () => {
  const supervision = aSupervision()
  supervision.server.start()
  supervision.latest().ready()
  return supervision
}

const settled = () => new Promise((proceed) => setImmediate(proceed))

describe('a supervised server', () => {
  it('says that it starts and that it runs', () => {
    const { statuses, server } = aRunningServer()
    expect(statuses).toEqual([{ state: 'starting' }, { state: 'running' }])
    expect(server.status()).toEqual({ state: 'running' })
  })

  it('passes questions on and gives each the answer to it', async () => {
    const { server, latest } = aRunningServer()
    const first = server.invoke('tenants.list', {})
    const second = server.invoke('calls.live', { tenantId: 't' })
    await settled()
    expect(latest().posted).toEqual([
      { type: 'invoke', id: 1, name: 'tenants.list', input: {} },
      { type: 'invoke', id: 2, name: 'calls.live', input: { tenantId: 't' } },
    ])
    latest().tell({ type: 'reply', id: 2, reply: { ok: true, value: 'second' } })
    latest().tell({ type: 'reply', id: 1, reply: { ok: true, value: 'first' } })
    latest().tell({ type: 'reply', id: 1, reply: { ok: true, value: 'once more' } })
    expect(await first).toEqual({ ok: true, value: 'first' })
    expect(await second).toEqual({ ok: true, value: 'second' })
  })

  it('asks for what happens after an event, and not when there is nobody to ask', async () => {
    const { server, latest } = aRunningServer()
    const next = server.nextEvents('e1-4')
    await settled()
    expect(latest().posted).toEqual([{ type: 'nextEvents', id: 1, after: 'e1-4' }])
    latest().tell({ type: 'reply', id: 1, reply: { ok: true, value: 'id: e1-5' } })
    expect(await next).toEqual({ ok: true, value: 'id: e1-5' })
    const unanswered = server.nextEvents('e1-5')
    await settled()
    latest().end(1)
    expect(await unanswered).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
    expect(await server.nextEvents('e1-5')).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  })

  it('is started again after it ended, a little later each time', () => {
    const { runs, latest, pass, statuses } = aRunningServer()
    latest().end(1)
    expect(statuses.at(-1)).toEqual({
      state: 'restarting',
      attempt: 1,
      reason: 'it ended with exit code 1',
      sinceMs: 0,
    })
    pass(999)
    expect(runs).toHaveLength(1)
    pass(1)
    expect(runs).toHaveLength(2)
    latest().end(1)
    pass(1_999)
    expect(runs).toHaveLength(2)
    pass(1)
    expect(runs).toHaveLength(3)
  })

  it('counts from anew once it has run for a minute', () => {
    const { latest, pass, statuses } = aRunningServer()
    latest().end(1)
    pass(1_000)
    latest().ready()
    pass(60_000)
    latest().end(1)
    expect(statuses.at(-1)).toMatchObject({ attempt: 1, sinceMs: 61_000 })
  })

  it('keeps the time since when it has been away over failed restarts, and its own words for why', () => {
    const { latest, pass, statuses } = aRunningServer()
    pass(500)
    latest().end(139)
    pass(1_000)
    latest().tell({ type: 'failed', message: 'Port 8080 is in use' })
    latest().end(1)
    expect(statuses.at(-1)).toEqual({ state: 'restarting', attempt: 2, reason: 'Port 8080 is in use', sinceMs: 500 })
  })

  it('says of questions that it took with it that their fate is unknown', async () => {
    const { server, latest } = aRunningServer()
    const asked = server.invoke('tenants.create', {})
    await settled()
    latest().end(1)
    expect(await asked).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', message: expect.stringContaining('not known') },
    })
  })

  it('refuses questions while it restarts, and says why', async () => {
    const { server, latest } = aRunningServer()
    latest().end(1)
    expect(await server.invoke('tenants.list', {})).toEqual({
      ok: false,
      error: {
        code: 'UNAVAILABLE',
        message: 'The control plane is restarting (it ended with exit code 1); try again in a moment',
      },
    })
  })

  it('lets questions wait for its first start', async () => {
    const { server, latest, waiting } = aSupervision()
    server.start()
    const asked = server.invoke('tenants.list', {})
    await settled()
    latest().ready()
    await settled()
    latest().tell({ type: 'reply', id: 1, reply: { ok: true, value: [] } })
    expect(await asked).toEqual({ ok: true, value: [] })
    expect(waiting()).toBe(0)
  })

  it('lets nobody wait for its start for ever', async () => {
    const { server, pass } = aSupervision()
    server.start()
    const asked = server.invoke('tenants.list', {})
    await settled()
    pass(5_000)
    expect(await asked).toMatchObject({ ok: false, error: { message: expect.stringContaining('still starting') } })
  })
})

describe('closing a supervised server', () => {
  it('waits until it has drained', async () => {
    const { server, latest, statuses, waiting } = aRunningServer()
    let isClosed = false
    const closed = server.close().then(() => (isClosed = true))
    await settled()
    expect(latest().posted).toEqual([{ type: 'close' }])
    expect(isClosed).toBe(false)
    latest().end(0)
    await closed
    expect(statuses.at(-1)).toEqual({ state: 'stopped' })
    expect(waiting()).toBe(0)
  })

  it('gives up on one that does not drain', async () => {
    const { server, latest, pass } = aRunningServer()
    const closed = server.close()
    await settled()
    pass(15_000)
    await closed
    expect(latest().isKilled()).toBe(true)
  })

  it('answers what was still asked, then nothing more', async () => {
    const { server, latest } = aRunningServer()
    const inTime = server.invoke('tenants.list', {})
    const late = server.invoke('tenants.list', {})
    await settled()
    const closed = server.close()
    await settled()
    expect(await server.invoke('tenants.list', {})).toMatchObject({
      error: { message: 'The control plane is shutting down' },
    })
    latest().tell({ type: 'reply', id: 1, reply: { ok: true, value: [] } })
    latest().end(0)
    expect(await inTime).toEqual({ ok: true, value: [] })
    expect(await late).toMatchObject({ error: { code: 'UNAVAILABLE' } })
    await closed
  })

  it('starts nothing again, also when it was about to', async () => {
    const { server, runs, latest, pass, waiting } = aRunningServer()
    latest().end(1)
    await server.close()
    pass(60_000)
    expect(runs).toHaveLength(1)
    expect(waiting()).toBe(0)
  })

  it('is one closing, however often it is asked for', async () => {
    const { server, latest, statuses } = aRunningServer()
    const both = Promise.all([server.close(), server.close()])
    await settled()
    latest().end(0)
    await both
    expect(latest().posted).toEqual([{ type: 'close' }])
    expect(statuses.filter(({ state }) => state === 'stopped')).toHaveLength(1)
  })

  it('during the start leaves nobody waiting', async () => {
    const { server, latest } = aSupervision()
    server.start()
    const asked = server.invoke('tenants.list', {})
    await settled()
    const closed = server.close()
    expect(await asked).toMatchObject({ error: { message: 'The control plane is shutting down' } })
    latest().ready()
    await settled()
    expect(server.status()).toEqual({ state: 'stopped' })
    latest().end(0)
    await closed
  })
})
