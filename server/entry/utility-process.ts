import type { Actor, Reply } from '../../shared/contract/index.ts'
import type { FromControlPlane, ToControlPlane } from '../../shared/contract/native.ts'
import { startServer } from '../index.ts'
import { startDemo } from './demo.ts'
import { createEventPolls } from './event-polls.ts'
import { readConfig } from './read-config.ts'

/** What Electron puts on `process` of a utility process; the server itself knows nothing of Electron. */
interface ParentPort {
  postMessage(message: FromControlPlane): void
  on(event: 'message', listener: (event: { readonly data: ToControlPlane }) => void): void
}

/** Who sits at the desktop window. */
const localOwner: Actor = { kind: 'local', name: 'Local owner', role: 'owner' }

const port = (process as unknown as { readonly parentPort: ParentPort }).parentPort

/** With `--demo` a tenant and simulated calls come along, as when headless. */
const start = async () => {
  const config = readConfig(process.env, process.argv.includes('--demo') ? { demo: true } : {})
  const server = await startServer(config)
  const { dispatch, urls, log } = server
  const actor: Actor = { kind: 'local', name: 'Demo', role: 'owner' }
  const demo = config.demo ? await startDemo({ dispatch, actor, webhooksUrl: urls.webhooks, log }) : undefined
  return { server, demo, polls: createEventPolls(server.eventLog) }
}
const starting = start()

const close = async () => {
  const { server, demo } = await starting
  await demo?.stop()
  await server.close()
  process.exit(0)
}
let closing: Promise<void> | undefined
/** A close that fails ends the process all the same: what was acknowledged is written by then. */
const closeOrEnd = () => {
  closing ??= close().catch((error: unknown) => {
    console.error('The control plane did not close cleanly', error)
    process.exit(1)
  })
}

const answer = async (asked: Exclude<ToControlPlane, { readonly type: 'close' }>): Promise<Reply<unknown>> => {
  const { server, polls } = await starting
  return asked.type === 'invoke'
    ? server.dispatch(localOwner, asked.name, asked.input, { transport: 'ipc' })
    : { ok: true, value: await polls.next(asked.after) }
}

port.on('message', ({ data }) => {
  if (data.type === 'close') return closeOrEnd()
  const { id } = data
  answer(data).then(
    (reply) => port.postMessage({ type: 'reply', id, reply }),
    (error: unknown) => {
      console.error(`${data.type === 'invoke' ? data.name : data.type} failed`, error)
      port.postMessage({
        type: 'reply',
        id,
        reply: { ok: false, error: { code: 'INTERNAL', message: 'Internal error' } },
      })
    },
  )
})

// Ctrl-C reaches the whole process group; the main process decides what it means and asks for a close.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', closeOrEnd)

starting.then(
  ({ server }) => port.postMessage({ type: 'ready', urls: server.urls }),
  (error: unknown) => {
    console.error('The control plane could not start', error)
    port.postMessage({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
    process.exit(1)
  },
)
