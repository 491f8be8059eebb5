import { connect } from 'node:net'
import { ScenarioError } from './scenario.ts'

export const readTargetUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new ScenarioError(`${text} is not a URL. Wanted: something like http://127.0.0.1:8080`)
}

const longestWaitMs = 5000

/** Says it once and at the start, rather than once per call. */
export const assertListening = async (text: string): Promise<void> => {
  const { protocol, hostname, port, origin } = readTargetUrl(text)
  const at = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) }
  const socket = connect({ ...at, timeout: longestWaitMs })
  try {
    await new Promise<void>((settle, reject) => {
      socket.on('connect', settle)
      socket.on('timeout', () => reject(new Error('no answer')))
      socket.on('error', reject)
    })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer'
    throw new ScenarioError(`Nobody listens at ${origin} (${reason}). Start the server, or name another with --url`, {
      cause,
    })
  } finally {
    socket.destroy()
  }
}
