import { operations, type Actor, type Handlers, type OperationName } from '../../shared/contract/index.ts'

type Lock = <T>(key: string, work: () => Promise<T>) => Promise<T>
type Handle = (actor: Actor, input: { readonly tenantId?: string }) => Promise<unknown>

/** Takes long, or waits for others; what it changes of the configuration is held together by the versions of the rows. */
const besideChanges: ReadonlySet<string> = new Set<OperationName>([
  'routing.test',
  'routing.testBatch',
  'routing.testCases.run',
  'cloudonix.test',
  'trunks.sync',
  'calls.hangup',
  'analytics.rebuild',
  'webhookEvents.replay',
  'webhookEvents.resetDialect',
  'exports.create',
  'exports.cancel',
  'exports.delete',
  'erasures.preview',
  'erasures.create',
  'retention.restore',
  'retention.run',
])

/** Takes as long as there are calls, and need not know what others change meanwhile. */
const besideOtherNodes: ReadonlySet<string> = new Set<OperationName>(['tenants.delete'])

/**
 * Changes of one tenant's configuration go one after the other: each is checked against what others have stored, and two
 * at once could each pass and together make what is refused, such as groups that lead to each other. `amongNodes` sees to
 * that where there are others; it takes one change at a time, whatever the tenant.
 */
export const inTurn = (
  handlers: Handlers,
  lock: Lock,
  amongNodes: (<T>(work: () => Promise<T>) => Promise<T>) | undefined,
): Handlers => {
  const waiting = Object.entries(handlers).map(([name, handler]) => {
    const handle = handler as Handle
    const isChange = operations[name as OperationName].method !== 'GET' && !besideChanges.has(name)
    const isAmongNodes = amongNodes !== undefined && !besideOtherNodes.has(name)
    const wrapped: Handle = (actor, input) =>
      isAmongNodes
        ? lock('', () => amongNodes(() => handle(actor, input)))
        : lock(input.tenantId ?? '', () => handle(actor, input))
    return [name, isChange ? wrapped : handle]
  })
  return Object.fromEntries(waiting) as Handlers
}
