import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A line to a server on loopback that can be cut and mended. */
export interface Cable {
  readonly url: string
  cut(): void
  mend(): void
  /** What is connected now stays so, and carries nothing any more. */
  stall(): void
  dispose(): Promise<void>
}

export const aCable = async (url: string): Promise<Cable> => {
  const { hostname, port, protocol } = new URL(url)
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  return {
    url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => void (isCut = false),
    stall() {
      for (const socket of open) {
        socket.unpipe()
        socket.resume()
      }
    },
    async dispose() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
