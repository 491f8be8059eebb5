import { Command } from 'commander'
import type { AuditEntry } from '../../../shared/contract/audit-log.ts'
import { invoke } from './api-client.ts'
import { askingServer, orSay, type ApiOptions } from './api-command.ts'
import { number } from './number.ts'

interface ListOptions extends ApiOptions {
  readonly actor?: string
  readonly action?: string
  readonly noun?: string
  readonly id?: string
  readonly limit: number
  readonly json?: true
}

const usualRows = 50

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const tell = ({ seq, atMs, actor, origin, noun, action, id, before, after }: AuditEntry): string =>
  [
    seq,
    new Date(atMs).toISOString(),
    `${actor.name} (${[actor.role ?? actor.kind, origin.transport, origin.address].filter(Boolean).join(', ')})`,
    `${noun} ${action}`,
    id ?? '-',
    ...(before ? [`before ${JSON.stringify(before)}`] : []),
    ...(after ? [`after ${JSON.stringify(after)}`] : []),
  ].join('  ')

const list = async ({ api: url, token, tenant, json, limit, ...filter }: ListOptions): Promise<void> => {
  const { actor, action, noun, id } = filter
  const named = Object.entries({ tenantId: tenant, actor, action, noun, id }).filter(([, value]) => value !== undefined)
  const { items } = await invoke({ url, token }, 'auditLog.list', { limit, ...Object.fromEntries(named) })
  for (const entry of items) say(json ? JSON.stringify(entry) : tell(entry))
}

const verify = async ({ api: url, token }: ApiOptions): Promise<void> => {
  const { isIntact, rows, head, problems, problemCount } = await invoke({ url, token }, 'auditLog.verify', {})
  for (const { message } of problems) say(message)
  if (problemCount > problems.length) say(`… and ${problemCount - problems.length} more`)
  say(isIntact ? `${rows} rows, each as it was written` : `${rows} rows, ${problemCount} problems`)
  if (head) say(`The end is ${head.seq}:${head.hash}`)
  if (!isIntact) process.exitCode = 1
}

export const createAuditCommand = (): Command => {
  const audit = new Command('audit').description('who changed what, and whether that record is whole')
  askingServer(audit.command('list').description('the newest changes, newest first'))
    .option('--actor <name>', 'only what this one did')
    .option('--action <action>', 'only create, update, delete …')
    .option('--noun <noun>', 'only of voiceAgents, inboundRules, tenants …')
    .option('--id <id>', 'only of this one')
    .option('--limit <n>', 'how many', number, usualRows)
    .option('--json', 'an object a line')
    .action((options: ListOptions, command: Command) => orSay(command, list(options)))
  askingServer(audit.command('verify').description('look through the whole chain; fails when it is not whole')).action(
    (options: ApiOptions, command: Command) => orSay(command, verify(options)),
  )
  return audit
}
