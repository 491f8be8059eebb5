import { DomainError, findServer, openAccess, type Access, type ServerConfig } from '../../index.ts'
import { readConfig } from '../read-config.ts'

/** Works on the data directory, whether or not a server runs on it. */
export const withAccess = async (work: (access: Access) => Promise<void>): Promise<void> => {
  const { access, close } = await openAccess(readConfig(process.env))
  try {
    await work(access)
  } finally {
    await close()
  }
}

const anyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }

/** Where a browser on this machine will find the console of a server that starts with the same settings. */
const addressOf = ({ adminHost, adminPort }: Pick<ServerConfig, 'adminHost' | 'adminPort'>): string => {
  if (adminPort === 0) {
    throw new DomainError(
      'INVALID_INPUT',
      'SWITCHYARD_ADMIN_PORT is 0 and no server runs on this data directory, so nobody knows the port yet. Start the server, or set a fixed port',
    )
  }
  const host = anyAddress[adminHost] ?? (adminHost.includes(':') ? `[${adminHost}]` : adminHost)
  return `http://${host}:${adminPort}`
}

/** Where the console of this data directory is, or will be. */
export const consoleUrl = async (): Promise<string> => {
  const config = readConfig(process.env)
  return (await findServer(config.dataDir))?.admin ?? addressOf(config)
}
