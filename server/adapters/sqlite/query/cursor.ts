import { DomainError } from '../../../domain/errors.ts'

/** Where a page ended: the sort values of its last row. Opaque to callers. */
export type CursorValues = readonly (string | number)[]

export const writeCursor = (values: CursorValues): string => Buffer.from(JSON.stringify(values)).toString('base64url')

export const readCursor = (cursor: string, length: number): CursorValues => {
  let values: unknown
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    values = undefined
  }
  const isCursor =
    Array.isArray(values) &&
    values.length === length &&
    values.every((value) => typeof value === 'string' || typeof value === 'number')
  if (!isCursor)
    throw new DomainError('INVALID_INPUT', 'The cursor is not one of this list; ask for the first page again')
  return values as CursorValues
}
