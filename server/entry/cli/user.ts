import { Command, Option } from 'commander'
import { roles, type Role } from '../../../shared/vocabulary.ts'
import { DomainError, type Access } from '../../index.ts'
import { consoleUrl, withAccess } from './with-access.ts'

const actor = { kind: 'local', name: 'command line', role: 'owner' } as const

const mostUsers = 200

const users = async ({ handlers }: Access) => (await handlers['users.list'](actor, { limit: mostUsers })).items

/** By e-mail address, as an admin knows people. */
const find = async (access: Access, email: string) => {
  const page = await access.handlers['users.list'](actor, { limit: mostUsers, search: email })
  const user = page.items.find((one) => one.email.toLowerCase() === email.toLowerCase())
  if (!user) throw new DomainError('NOT_FOUND', `There is no user ${email}; \`switchyard user list\` shows them`)
  return user
}

const printLink = async (access: Access, url: string, id: string): Promise<void> => {
  const { path } = await access.handlers['users.createSignInLink'](actor, { id })
  console.log(`${url}${path}`)
}

export const createUserCommand = (): Command => {
  const user = new Command('user').description('people who may sign in to the console')
  user
    .command('add')
    .description('add a user and print a link that signs it in once')
    .argument('<email>')
    .option('--name <name>', 'what people call it; the e-mail address unless given')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('admin'))
    .option('--tenant <id>', 'holds for this tenant only')
    .action(async (email: string, given: { name?: string; role: Role; tenant?: string }) => {
      const url = await consoleUrl()
      await withAccess(async (access) => {
        const { name = email, role, tenant: tenantId } = given
        const { id } = await access.handlers['users.create'](actor, {
          email,
          name,
          role,
          ...(tenantId !== undefined && { tenantId }),
        })
        await printLink(access, url, id)
      })
    })
  user
    .command('list')
    .description('list the users')
    .action(() =>
      withAccess(async (access) => {
        for (const { email, role, tenantId, enabled, name } of await users(access))
          console.log([email, role, tenantId ?? 'all tenants', enabled ? 'enabled' : 'disabled', name].join('  '))
      }),
    )
  user
    .command('link')
    .description('print a new link that signs a user in once, for who has forgotten the password')
    .argument('<email>')
    .action(async (email: string) => {
      const url = await consoleUrl()
      await withAccess(async (access) => printLink(access, url, (await find(access, email)).id))
    })
  user
    .command('remove')
    .description('delete a user, and sign it out everywhere')
    .argument('<email>')
    .action((email: string) =>
      withAccess(async (access) => {
        await access.handlers['users.delete'](actor, { id: (await find(access, email)).id })
      }),
    )
  return user
}
