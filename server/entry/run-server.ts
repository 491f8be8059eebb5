import { DomainError, startServer, StoreOpenError, type ServerConfig } from '../index.ts'
import { startDemo } from './demo.ts'
import { readConfig } from './read-config.ts'

/** Longer than any request; who still waits then is not coming back. */
const longestDrainMs = 15_000

/** As a shell reads it back. */
const shellWord = (text: string): string => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** Runs the control plane until a signal asks it to close. */
export const runServer = async (overrides: Partial<ServerConfig>): Promise<void> => {
  const config = readConfig(process.env, overrides)
  const server = await startServer(config)
  console.log(`Console:   ${await server.signInLink()}   (signs one browser in, once, within the hour)`)
  console.log(`API:       ${server.urls.admin}/api/v1   reference: ${server.urls.admin}/docs`)
  console.log(`Webhooks:  ${server.urls.webhooks}/voice/…`)
  console.log(`Data:      ${config.dataDir}`)
  const demo = config.demo
    ? await startDemo({
        dispatch: server.dispatch,
        actor: { kind: 'local', name: 'Demo', role: 'owner' },
        webhooksUrl: server.urls.webhooks,
        log: server.log,
      })
    : undefined
  if (demo) {
    console.log('Demo:      simulated calls are playing; open the console to watch them')
    console.log(`API token: SWITCHYARD_DATA_DIR=${shellWord(config.dataDir)} npx switchyard token create`)
  }

  let isClosing = false
  const close = async (signal: string): Promise<void> => {
    if (isClosing) return
    isClosing = true
    console.log(`${signal}: closing; calls under way are answered first`)
    const giveUp = setTimeout(() => {
      console.error('Closing took too long; what was acknowledged is safe')
      process.exit(1)
    }, longestDrainMs)
    await demo?.stop()
    await server.close()
    clearTimeout(giveUp)
    process.exit(0)
  }
  const onSignal = (signal: string) => () => {
    close(signal).catch((error: unknown) => {
      console.error('Closing failed:', error)
      process.exit(1)
    })
  }
  // Without certificates the signal means what it always does: the terminal is gone.
  if (config.tls ?? config.adminTls) {
    process.on('SIGHUP', () => {
      server.reloadTls().catch((error: unknown) => console.error('The certificates could not be read again:', error))
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal(signal))
}

/** Says what is wrong and ends: a refusal in one sentence, a bug with its stack. */
export const failAndExit = (error: unknown): never => {
  const isRefusal = error instanceof DomainError || error instanceof StoreOpenError
  console.error(isRefusal ? `switchyard: ${error.message}` : error)
  process.exit(1)
}
