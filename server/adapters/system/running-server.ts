import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the server that works in a data directory listens. Left behind by one that was killed. */
export interface RunningServer {
  readonly webhooks: string
  readonly admin: string
}

const fileIn = (dataDir: string): string => join(dataDir, 'server.json')

/** Answers how to take it back; of several nodes the newest is announced, and what another one announced stays. */
export const announceServer = async (dataDir: string, urls: RunningServer): Promise<() => Promise<void>> => {
  await writeFile(fileIn(dataDir), `${JSON.stringify(urls)}\n`, { mode: 0o600 })
  return async () => {
    const announced = await findServer(dataDir)
    if (announced?.admin === urls.admin && announced.webhooks === urls.webhooks)
      await rm(fileIn(dataDir), { force: true })
  }
}

/** Undefined where none is running. */
export const findServer = async (dataDir: string): Promise<RunningServer | undefined> => {
  const text = await readFile(fileIn(dataDir), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as RunningServer)
}
