import { Command, Option } from 'commander'
import { roles, type Role } from '../../../shared/vocabulary.ts'
import { DomainError, findServer, openAccess, type Access, type ServerConfig } from '../../index.ts'
import { readConfig } from '../read-config.ts'

/** Works on the data directory, whether or not a server runs on it. */
const withAccess = async (work: (access: Access) => Promise<void>): Promise<void> => {
  const { access, close } = await openAccess(readConfig(process.env))
  try {
    await work(access)
  } finally {
    await close()
  }
}

export const createTokenCommand = (): Command => {
  const token = new Command('token').description('API tokens')
  token
    .command('create')
    .description('make an API token; it is printed once and stored as a hash only')
    .option('--name <name>', 'what it is for', 'command line')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('owner'))
    .option('--tenant <id>', 'holds for this tenant only')
    .action(({ name, role, tenant }: { name: string; role: Role; tenant?: string }) =>
      withAccess(async (access) => {
        console.log((await access.createToken(name, role, tenant)).token)
      }),
    )
  token
    .command('list')
    .description('list the API tokens, without their secrets')
    .action(() =>
      withAccess(async (access) => {
        for (const { id, name, role, tenantId, createdAtMs } of await access.listTokens()) {
          console.log([id, role, tenantId ?? 'all tenants', new Date(createdAtMs).toISOString(), name].join('  '))
        }
      }),
    )
  token
    .command('revoke')
    .description('make an API token worthless')
    .argument('<id>')
    .action((id: string) => withAccess((access) => access.revokeToken(id)))
  return token
}

const anyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }

/** Where a browser on this machine will find the console of a server that starts with the same settings. */
const consoleUrl = ({ adminHost, adminPort }: Pick<ServerConfig, 'adminHost' | 'adminPort'>): string => {
  if (adminPort === 0) {
    throw new DomainError(
      'INVALID_INPUT',
      'SWITCHYARD_ADMIN_PORT is 0 and no server runs on this data directory, so nobody knows the port yet. Start the server, or set a fixed port',
    )
  }
  const host = anyAddress[adminHost] ?? (adminHost.includes(':') ? `[${adminHost}]` : adminHost)
  return `http://${host}:${adminPort}`
}

export const createSignInLinkCommand = (): Command =>
  new Command('sign-in-link').description('print a new one-time link to the console').action(async () => {
    const config = readConfig(process.env)
    const url = (await findServer(config.dataDir))?.admin ?? consoleUrl(config)
    await withAccess(async (access) => console.log(`${url}/#/sign-in?code=${await access.createSignInCode()}`))
  })
