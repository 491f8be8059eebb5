import { describe, expect, it, vi } from 'vitest'
import { createIpcClient } from '../../../../renderer/client/ipc.ts'
import type { ControlPlaneEvent } from '../../../../shared/contract/events.ts'
import type { ControlPlaneStatus, SwitchyardBridge } from '../../../../shared/contract/native.ts'

const aShell = (invoke: SwitchyardBridge['invoke'] = async () => ({ ok: true, value: { items: [] } })) => {
  let tellEvent: (event: ControlPlaneEvent) => void = () => undefined
  let tellStatus: (status: ControlPlaneStatus) => void = () => undefined
  const report = vi.fn()
  const client = createIpcClient({
    now: () => 1000,
    report,
    bridge: {
      invoke,
      status: async () => ({ state: 'running' }),
      onEvent: (listener) => {
        tellEvent = listener
        return () => undefined
      },
      onStatus: (listener) => {
        tellStatus = listener
        return () => undefined
      },
    },
  })
  return {
    client,
    report,
    event: (event: ControlPlaneEvent) => tellEvent(event),
    status: (status: ControlPlaneStatus) => tellStatus(status),
  }
}

describe('the control plane in the desktop window', () => {
  it('has no session to sign in to', () => {
    expect(aShell().client.session).toBeUndefined()
  })

  it('is live once the shell says that it runs', async () => {
    const { client } = aShell()
    await vi.waitUntil(() => client.connection().state === 'live')
  })

  it('says since when and why it is being restarted, and asks to read anew once it runs', () => {
    const { client, status } = aShell()
    const resync = vi.fn()
    client.onResync(resync)
    status({ state: 'running' })
    expect(resync).not.toHaveBeenCalled()
    status({ state: 'restarting', attempt: 2, reason: 'exit code 1', sinceMs: 500 })
    expect(client.connection()).toMatchObject({ state: 'reconnecting', sinceMs: 500 })
    expect(client.connection().reason).toContain('exit code 1')
    status({ state: 'running' })
    expect(client.connection().state).toBe('live')
    expect(resync).toHaveBeenCalledOnce()
  })

  it('hands on events, and one broken listener keeps nobody else from hearing', () => {
    const { client, event, report } = aShell()
    const heard = vi.fn()
    client.on('system.recovered', () => {
      throw new Error('broken')
    })
    const stop = client.on('system.recovered', heard)
    const recovered: ControlPlaneEvent = { seq: 1, name: 'system.recovered', payload: { part: 'store', atMs: 1 } }
    event(recovered)
    stop()
    event(recovered)
    expect(heard).toHaveBeenCalledExactlyOnceWith({ part: 'store', atMs: 1 })
    expect(report).toHaveBeenCalled()
  })

  it('answers UNAVAILABLE when the process behind is gone', async () => {
    const { client } = aShell(() => Promise.reject(new Error('channel closed')))
    expect(await client.invoke('tenants.list', {})).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  })
})
