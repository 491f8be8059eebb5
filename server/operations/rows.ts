import { DomainError } from '../domain/errors.ts'
import type { ConfigRepository, ListQuery, Page } from '../ports/configuration.ts'

/** What every noun's operations do with rows. */

interface Row {
  readonly id: string
  readonly version: number
  readonly updatedAtMs: number
}

/** Every row of a noun, a page at a time. */
export const allOf = async <Row>(list: (query: ListQuery) => Promise<Page<Row>>): Promise<Row[]> => {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const page: Page<Row> = await list({ limit: 1000, cursor })
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return rows
}

export const getRow = async <R extends Row>(
  repository: ConfigRepository<R>,
  noun: string,
  tenantId: string | undefined,
  id: string,
): Promise<R> => {
  const row = await repository.get(tenantId, id)
  if (!row) throw new DomainError('NOT_FOUND', `There is no ${noun} ${id}`)
  return row
}

/** Changes a row if it still is what the caller saw. */
export const updateRow = async <R extends Row>(
  repository: Pick<ConfigRepository<R>, 'update'>,
  noun: string,
  seenVersion: number,
  row: R,
  nowMs: number,
): Promise<R> => {
  const stale = (): DomainError =>
    new DomainError(
      'CONFLICT',
      `This ${noun} was changed meanwhile: you saw version ${seenVersion}; read it again and repeat your change`,
    )
  if (row.version !== seenVersion) throw stale()
  const next = { ...row, version: row.version + 1, updatedAtMs: nowMs }
  if (!(await repository.update(next))) throw stale()
  return next
}

/** The fields of `change` that were given; null takes an optional one away. */
export const given = <T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], null> } => {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(change))
    if (value !== undefined) fields[name] = value === null ? undefined : value
  return fields as { [K in keyof T]?: Exclude<T[K], null> }
}
