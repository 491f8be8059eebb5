import { describe, expect, it, vi } from 'vitest'
import { createIpcClient } from '../../../../renderer/client/ipc.ts'
import type { Reply } from '../../../../shared/contract/index.ts'
import type { ControlPlaneStatus, SwitchyardBridge } from '../../../../shared/contract/native.ts'

/** The shell of a window; a piece of the stream is answered by `tell`, or refused by `lose`. */
const aShell = (invoke: SwitchyardBridge['invoke'] = async () => ({ ok: true, value: { items: [] } })) => {
  let tellStatus: (status: ControlPlaneStatus) => void = () => undefined
  const polls: { readonly after: string | undefined; readonly answer: (reply: Reply<string>) => void }[] = []
  const report = vi.fn()
  const client = createIpcClient({
    now: () => 1000,
    random: () => 0,
    report,
    bridge: {
      invoke,
      status: async () => ({ state: 'running' }),
      nextEvents: (after) => new Promise((answer) => polls.push({ after, answer })),
      onStatus: (listener) => {
        tellStatus = listener
        return () => undefined
      },
    },
  })
  /** Answers the window, and waits until it asks for more. */
  const tell = async (value: string) => {
    const asked = polls.length
    polls.at(-1)!.answer({ ok: true, value })
    await vi.waitUntil(() => polls.length > asked)
  }
  return {
    client,
    report,
    polls,
    tell,
    lose: () => polls.at(-1)!.answer({ ok: false, error: { code: 'UNAVAILABLE', message: 'restarting' } }),
    status: (status: ControlPlaneStatus) => tellStatus(status),
  }
}

const recovered = 'id: e1-2\nevent: system.recovered\ndata: {"part":"store","atMs":1}\n\n'

describe('the control plane in the desktop window', () => {
  it('has no session to sign in to', () => {
    expect(aShell().client.session).toBeUndefined()
  })

  it('is live once the shell says that it runs', async () => {
    const { client } = aShell()
    await vi.waitUntil(() => client.connection().state === 'live')
  })

  it('says since when and why it is being restarted', () => {
    const { client, status } = aShell()
    status({ state: 'running' })
    status({ state: 'restarting', attempt: 2, reason: 'exit code 1', sinceMs: 500 })
    expect(client.connection()).toMatchObject({ state: 'reconnecting', sinceMs: 500 })
    expect(client.connection().reason).toContain('exit code 1')
    status({ state: 'running' })
    expect(client.connection().state).toBe('live')
  })

  it('asks on after the last event, and for the same once the control plane runs again', async () => {
    const { client, polls, tell, lose, status } = aShell()
    const resync = vi.fn()
    client.onResync(resync)
    await tell('id: e1-1\n\n')
    await tell(recovered)
    lose()
    await new Promise((settle) => setImmediate(settle))
    expect(polls.map(({ after }) => after)).toEqual([undefined, 'e1-1', 'e1-2'])
    status({ state: 'running' })
    await vi.waitUntil(() => polls.length === 4)
    expect(polls.at(-1)?.after).toBe('e1-2')
    expect(resync).not.toHaveBeenCalled()
    await tell('id: e2-7\nevent: resync\ndata: {}\n\n')
    expect(resync).toHaveBeenCalledOnce()
    expect(polls.at(-1)?.after).toBe('e2-7')
  })

  it('tries again by itself when its shell does not answer', async () => {
    const { polls, lose } = aShell()
    lose()
    await vi.waitUntil(() => polls.length === 2)
  })

  it('says so when the control plane is there and says nothing, and when it does again', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { client, tell } = aShell()
      await tell('id: e1-1\n\n')
      expect(client.connection().state).toBe('live')
      vi.advanceTimersByTime(39_000)
      expect(client.connection().state).toBe('live')
      vi.advanceTimersByTime(1000)
      expect(client.connection()).toMatchObject({ state: 'reconnecting', reason: 'the control plane does not answer' })
      await tell(recovered)
      expect(client.connection().state).toBe('live')
    } finally {
      vi.useRealTimers()
    }
  })

  it('reads anew what it asked for before it knew where the stream stands', async () => {
    const { client, tell } = aShell()
    const resync = vi.fn()
    client.onResync(resync)
    await client.invoke('tenants.list', {})
    await tell('id: e1-1\n\n')
    expect(resync).toHaveBeenCalledOnce()
    await client.invoke('tenants.list', {})
    await tell(recovered)
    expect(resync).toHaveBeenCalledOnce()
  })

  it('hands on events, and one broken listener keeps nobody else from hearing', async () => {
    const { client, tell, report } = aShell()
    const heard = vi.fn()
    client.on('system.recovered', () => {
      throw new Error('broken')
    })
    const stop = client.on('system.recovered', heard)
    await tell(recovered)
    stop()
    await tell(recovered)
    expect(heard).toHaveBeenCalledExactlyOnceWith({ part: 'store', atMs: 1 })
    expect(report).toHaveBeenCalled()
  })

  it('answers UNAVAILABLE when the process behind is gone', async () => {
    const { client } = aShell(() => Promise.reject(new Error('channel closed')))
    expect(await client.invoke('tenants.list', {})).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  })
})
