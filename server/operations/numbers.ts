import type { Handlers } from '../../shared/contract/index.ts'
import { readNumber } from '../domain/numbers/read-number.ts'
import type { ConfigUser, StoredNumber } from '../ports/configuration.ts'
import { assertTenant, assertUnused, type ConfigDeps } from './config-context.ts'
import { refuse } from './patterns.ts'
import { allOf, getRow, given, updateRow } from './rows.ts'

type NumberHandlers = Pick<Handlers, Extract<keyof Handlers, `numbers.${string}`>>

const noun = 'number'

/** As it is when somebody dials it or calls from it. */
const tidyNumber = (text: string, defaultCountry: string): string => {
  const { number } = readNumber(text, { defaultCountry, isKnown: () => false })
  return /^\+\d{2,20}$/.test(number) || /^\d{2,20}$/.test(number)
    ? number
    : refuse('/number', `"${text}" is no number; write it like +12025550100`)
}

export const createNumberHandlers = (deps: ConfigDeps): NumberHandlers => {
  const { store, directory, events, clock, newId } = deps
  const { numbers } = store
  const countryOf = async (tenantId: string): Promise<string> =>
    (await getRow(store.tenants, 'tenant', undefined, tenantId)).defaultCountry
  const changed = async (tenantId: string, id: string, change: 'created' | 'updated' | 'deleted'): Promise<void> => {
    await directory.reload(tenantId)
    events.publish('number.changed', { tenantId, id, change })
  }
  const assertAgent = async (tenantId: string, { number, agentId }: StoredNumber): Promise<void> => {
    if (agentId !== undefined && !(await store.voiceAgents.get(tenantId, agentId)))
      refuse('/agentId', `Number ${number} names voice agent ${agentId}, which does not exist; choose another, or none`)
  }
  /** Rules that show it to those they call, however they write it. */
  const shownBy = async (tenantId: string, number: string): Promise<ConfigUser[]> => {
    const context = { defaultCountry: await countryOf(tenantId), isKnown: () => false }
    const rules = await allOf((query) => store.outboundRules.list(tenantId, query))
    return rules
      .filter(({ callerId }) => callerId !== undefined && readNumber(callerId, context).number === number)
      .map(({ id, name }) => ({ kind: 'outbound rule', id, name }))
  }

  return {
    async 'numbers.list'(_actor, { tenantId, limit = 50, cursor, search, kind, agentId }) {
      await assertTenant(deps, tenantId)
      return numbers.list(tenantId, { limit, cursor, search, where: { kind, agentId } })
    },
    async 'numbers.create'(_actor, { tenantId, number, ...rest }) {
      const country = await countryOf(tenantId)
      const nowMs = clock.nowMs()
      const row: StoredNumber = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        kind: rest.agentId === undefined ? 'did' : 'agent',
        mayDialOut: false,
        ...given(rest),
        tenantId,
        number: tidyNumber(number, country),
      }
      await assertAgent(tenantId, row)
      await numbers.create(row)
      await changed(tenantId, row.id, 'created')
      return row
    },
    'numbers.get': (_actor, { tenantId, id }) => getRow(numbers, noun, tenantId, id),
    async 'numbers.update'(_actor, { tenantId, id, version, number, ...rest }) {
      const before = await getRow(numbers, noun, tenantId, id)
      const country = await countryOf(tenantId)
      const next: StoredNumber = {
        ...before,
        ...given(rest),
        ...(number !== undefined && { number: tidyNumber(number, country) }),
      }
      if (rest.agentId !== undefined) await assertAgent(tenantId, next)
      if (next.number !== before.number)
        assertUnused('Number', before.number, await shownBy(tenantId, before.number), false, 'change those first')
      const row = await updateRow(numbers, noun, version, next, clock.nowMs())
      await changed(tenantId, id, 'updated')
      return row
    },
    async 'numbers.delete'(_actor, { tenantId, id, force }) {
      const { number } = await getRow(numbers, noun, tenantId, id)
      assertUnused('Number', number, await shownBy(tenantId, number), force)
      await numbers.delete(tenantId, id)
      await changed(tenantId, id, 'deleted')
      return undefined
    },
  }
}
