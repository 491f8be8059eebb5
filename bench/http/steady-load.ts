import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '../figures.ts'

export interface SteadyResult {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
  readonly unanswered: number
}

const tickMs = 1

/**
 * Requests at an even pace, whatever becomes of those before (autocannon's own rate comes in bursts, one per second and
 * connection). Each is timed from the moment the sender found it due, so that waiting for a free connection counts,
 * and the coarseness of timers does not.
 */
export const runSteadyLoad = async (
  { host, port }: { host: string; port: number },
  next: () => Buffer,
  { seconds, connections, perSecond }: { seconds: number; connections: number; perSecond: number },
): Promise<SteadyResult> => {
  const idle: Socket[] = []
  const due: number[] = []
  const millis: number[] = []
  let open = 0

  const send = (): void => {
    while (due.length > 0 && idle.length > 0) {
      const socket = idle.shift()
      const dueAt = due.shift() ?? 0
      open += 1
      socket?.once('answered', () => {
        millis.push(performance.now() - dueAt)
        open -= 1
        idle.push(socket)
        send()
      })
      socket?.write(next())
    }
  }

  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, host)
      socket.setNoDelay(true)
      await once(socket, 'connect')
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk
        const headEnd = text.indexOf('\r\n\r\n')
        const length = /content-length: (\d+)/i.exec(text)?.[1]
        if (headEnd === -1 || text.length < headEnd + 4 + Number(length)) return
        text = ''
        socket.emit('answered')
      })
      return socket
    }),
  )
  idle.push(...sockets)

  const startedAt = performance.now()
  const total = seconds * perSecond
  for (let sent = 0; sent < total; await wait(tickMs)) {
    const shouldBe = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * perSecond))
    for (; sent < shouldBe; sent += 1) due.push(performance.now())
    send()
  }
  const elapsed = (performance.now() - startedAt) / 1000
  await wait(200)
  for (const socket of sockets) socket.destroy()
  return {
    perSecond: total / elapsed,
    p50: percentile(millis, 0.5),
    p99: percentile(millis, 0.99),
    worst: percentile(millis, 1),
    unanswered: open + due.length,
  }
}
