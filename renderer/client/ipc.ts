import type { EventName } from '../../shared/contract/events.ts'
import type { Input, OperationName, Output, Reply } from '../../shared/contract/index.ts'
import type { ControlPlaneStatus, SwitchyardBridge } from '../../shared/contract/native.ts'
import type { Connection, ConsoleClient } from './console-client.ts'
import { createEmitter, createSignal } from './emitter.ts'

export interface IpcClientOptions {
  readonly bridge: SwitchyardBridge
  readonly now: () => number
  readonly report: (error: unknown) => void
}

const connectionOf = (status: ControlPlaneStatus, nowMs: number): Connection => {
  switch (status.state) {
    case 'running':
      return { state: 'live', sinceMs: nowMs }
    case 'starting':
      return { state: 'connecting', sinceMs: nowMs }
    case 'stopped':
      return { state: 'reconnecting', sinceMs: nowMs, reason: 'the control plane has stopped' }
    case 'restarting':
      return {
        state: 'reconnecting',
        sinceMs: status.sinceMs,
        reason: `the control plane is being restarted, attempt ${status.attempt}: ${status.reason}`,
      }
  }
}

/** The control plane through the desktop shell, which supervises its process. */
export const createIpcClient = ({ bridge, now, report }: IpcClientOptions): ConsoleClient => {
  const emitter = createEmitter(report)
  const connection = createSignal<Connection>({ state: 'connecting', sinceMs: now() })
  const resyncs = new Set<() => void>()
  let wasLost = false

  const apply = (status: ControlPlaneStatus): void => {
    const next = connectionOf(status, now())
    if (next.state !== 'live' || connection.get().state !== 'live') connection.set(next)
    if (next.state === 'reconnecting') wasLost = true
    if (next.state !== 'live' || !wasLost) return
    wasLost = false
    for (const listener of resyncs) listener()
  }

  bridge.onEvent((event) => emitter.emit<EventName>(event.name, event.payload))
  bridge.onStatus(apply)
  void bridge.status().then(apply, report)

  return {
    session: undefined,
    async invoke<N extends OperationName>(name: N, input: Input<N>): Promise<Reply<Output<N>>> {
      try {
        return (await bridge.invoke(name, input)) as Reply<Output<N>>
      } catch (error) {
        report(error)
        return {
          ok: false,
          error: { code: 'UNAVAILABLE', message: 'The control plane does not answer. It is being restarted.' },
        }
      }
    },
    on: (name, listener) => emitter.on(name, listener),
    connection: () => connection.get(),
    onConnection: (listener) => connection.watch(({ state, sinceMs }) => listener(state, sinceMs)),
    onResync: (listener) => {
      resyncs.add(listener)
      return () => resyncs.delete(listener)
    },
    reconnect: () => void bridge.status().then(apply, report),
  }
}
