import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createEventBus } from '../../server/adapters/memory/event-bus.ts'
import { createEventLog } from '../../server/adapters/memory/event-log.ts'
import { buildAdminApp } from '../../server/adapters/http/build-admin-app.ts'
import type { CallRecord } from '../../shared/contract/calls.ts'

/** The admin listener with its stream of events, in a process whose memory can be measured. */
export type ToEventServer =
  | { readonly type: 'publish'; readonly calls: readonly Pick<CallRecord, 'id' | 'state' | 'reason'>[] }
  | { readonly type: 'measure' }
export type FromEventServer =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'published' }
  | { readonly type: 'measured'; readonly heldBytes: number; readonly unsentBytes: number }

declare const gc: () => void
const send = (message: FromEventServer): void => void process.send?.(message)
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

const bus = createEventBus()
const app = await buildAdminApp({
  dispatch: () => Promise.resolve({ ok: true, value: undefined }),
  authenticate: () => Promise.resolve({ actor: { kind: 'token', name: 'Ada', role: 'owner' } }),
  signIn: {
    byCode: () => Promise.resolve(undefined),
    byPassword: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  },
  eventLog: createEventLog(bus, { epoch: 'e1' }),
  isKnownTenant: () => true,
  readiness: () => ({ ready: true, status: 'ok', problems: [] }),
  metrics: () => '',
  log: quiet,
  version: '0.0.0-test',
  secureCookies: false,
})
const sockets = new Set<Socket>()
app.server.on('connection', (socket: Socket) => {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
})
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()

const publish = ({ id, state, reason }: Pick<CallRecord, 'id' | 'state' | 'reason'>): void => {
  const name = state === 'completed' ? 'call.ended' : 'call.stateChanged'
  bus.publish(name, { tenantId: 't1', call: { id, state, reason } as CallRecord })
}
/** What is alive after everything else was collected, and what waits in sockets (several may hold the same bytes). */
const measure = async (): Promise<void> => {
  await wait(200)
  gc()
  await wait(50)
  gc()
  const { heapUsed, external } = process.memoryUsage()
  const unsentBytes = [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0)
  send({ type: 'measured', heldBytes: heapUsed + external, unsentBytes })
}

process.on('message', (message: ToEventServer) => {
  if (message.type === 'measure') return void measure()
  message.calls.forEach(publish)
  send({ type: 'published' })
})
process.on('disconnect', () => process.exit())
if (typeof address === 'object' && address) send({ type: 'ready', port: address.port })
