import { Command, Option } from 'commander'
import { roles, type Role } from '../../../shared/vocabulary.ts'
import { consoleUrl, withAccess } from './with-access.ts'

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
        console.log((await access.tokens.create({ name, role, tenantId: tenant })).token)
      }),
    )
  token
    .command('list')
    .description('list the API tokens, without their secrets')
    .action(() =>
      withAccess(async (access) => {
        for (const { id, name, role, tenantId, createdAtMs } of await access.tokens.list()) {
          console.log([id, role, tenantId ?? 'all tenants', new Date(createdAtMs).toISOString(), name].join('  '))
        }
      }),
    )
  token
    .command('revoke')
    .description('make an API token worthless')
    .argument('<id>')
    .action((id: string) => withAccess((access) => access.tokens.revoke(id)))
  return token
}

export const createSignInLinkCommand = (): Command =>
  new Command('sign-in-link').description('print a new one-time link to the console').action(async () => {
    const url = await consoleUrl()
    await withAccess(async ({ signIn }) => console.log(`${url}/#/sign-in?code=${(await signIn.createCode()).code}`))
  })
