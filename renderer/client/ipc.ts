import type { Input, OperationName, Output, Reply } from '../../shared/contract/index.ts'
import type { ControlPlaneStatus, SwitchyardBridge } from '../../shared/contract/native.ts'
import type { Connection, ConsoleClient } from './console-client.ts'
import { createSignal } from './emitter.ts'
import { createEventReceiver } from './event-receiver.ts'
import { pauseMs, silenceMs } from './event-stream.ts'

export interface IpcClientOptions {
  readonly bridge: SwitchyardBridge
  readonly now: () => number
  readonly random: () => number
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

const unreachable = () => ({
  ok: false as const,
  error: {
    code: 'UNAVAILABLE' as const,
    message: 'The control plane does not answer. It is being restarted.',
  },
})

/** The control plane through the desktop shell, which supervises its process. */
export const createIpcClient = ({ bridge, now, random, report }: IpcClientOptions): ConsoleClient => {
  const receiver = createEventReceiver(report)
  const connection = createSignal<Connection>({ state: 'connecting', sinceMs: now() })
  let endPause = (): void => undefined

  const apply = (status: ControlPlaneStatus): void => {
    const next = connectionOf(status, now())
    if (next.state !== 'live' || connection.get().state !== 'live') connection.set(next)
    if (next.state === 'live') endPause()
  }
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      endPause = resolve
      setTimeout(resolve, ms)
    })

  /** A process that hangs is still there, and is not started anew. */
  let isSilent = false
  const noteSilence = (): void => {
    if (connection.get().state !== 'live') return
    isSilent = true
    connection.set({ state: 'reconnecting', sinceMs: now(), reason: 'the control plane does not answer' })
  }
  const listen = async (): Promise<Reply<string>> => {
    const silence = setInterval(noteSilence, silenceMs)
    try {
      return await bridge.nextEvents(receiver.lastId())
    } finally {
      clearInterval(silence)
    }
  }

  /** Asks for one piece after the other. A control plane started anew does not know the last id, and says so. */
  const follow = async (): Promise<never> => {
    let take: ((text: string) => void) | undefined
    for (let failures = 0; ;) {
      const reply = await listen().catch(unreachable)
      if (reply.ok) {
        failures = 0
        if (isSilent) apply({ state: 'running' })
        isSilent = false
        take ??= receiver.open()
        take(reply.value)
      } else {
        await pause(pauseMs(failures, random))
        failures += 1
      }
    }
  }

  bridge.onStatus(apply)
  void follow()
  void bridge.status().then(apply, report)

  return {
    session: undefined,
    async invoke<N extends OperationName>(name: N, input: Input<N>): Promise<Reply<Output<N>>> {
      receiver.noteRead()
      try {
        return (await bridge.invoke(name, input)) as Reply<Output<N>>
      } catch (error) {
        report(error)
        return unreachable()
      }
    },
    on: receiver.on,
    connection: () => connection.get(),
    onConnection: (listener) => connection.watch(({ state, sinceMs }) => listener(state, sinceMs)),
    onResync: receiver.onResync,
    reconnect: () => void bridge.status().then(apply, report),
  }
}
