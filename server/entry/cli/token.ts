import { Command, Option } from 'commander'
import { roles, type Role } from '../../../shared/vocabulary.ts'
import { openAccess, type Access } from '../../index.ts'
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

export const createSignInLinkCommand = (): Command =>
  new Command('sign-in-link').description('print a new one-time link to the console').action(() =>
    withAccess(async (access) => {
      const { adminHost, adminPort } = readConfig(process.env)
      const host = adminHost.includes(':') ? `[${adminHost}]` : adminHost
      console.log(`http://${host}:${adminPort}/#/sign-in?code=${await access.createSignInCode()}`)
    }),
  )
