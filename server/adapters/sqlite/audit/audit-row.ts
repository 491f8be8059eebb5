import { hash } from 'node:crypto'

/** A row of the audit log as it lies in the file, in the order in which its hash goes over it. */
export interface AuditRow {
  readonly seq: number
  readonly at_ms: number
  readonly tenant_id: string | null
  readonly actor_kind: string
  readonly actor_id: string | null
  readonly actor_name: string
  readonly actor_role: string | null
  readonly transport: string
  readonly address: string | null
  readonly noun: string
  readonly action: string
  readonly subject_id: string | null
  readonly before: string | null
  readonly after: string | null
  readonly previous_hash: Uint8Array
}
export type StoredAuditRow = AuditRow & { readonly hash: Uint8Array }

export const auditColumns = [
  'seq',
  'at_ms',
  'tenant_id',
  'actor_kind',
  'actor_id',
  'actor_name',
  'actor_role',
  'transport',
  'address',
  'noun',
  'action',
  'subject_id',
  'before',
  'after',
  'previous_hash',
] as const satisfies readonly (keyof AuditRow)[]

/** What the first row has as the hash before it. */
export const noHash = new Uint8Array(32)

const opening = Buffer.from('switchyard audit 1\n')
const kinds = { nothing: 0, integer: 1, text: 2, bytes: 3 } as const

let buffer = Buffer.alloc(4096)

/** As docs/audit.md has it: each value with its kind and length before it, so that no two rows give the same bytes. */
const bytesOf = (row: AuditRow): Buffer => {
  const longest = auditColumns.reduce((sum, column) => {
    const value = row[column]
    return (
      sum + 9 + (typeof value === 'string' ? value.length * 3 : typeof value === 'number' ? 0 : (value?.length ?? 0))
    )
  }, opening.length)
  if (buffer.length < longest) buffer = Buffer.alloc(longest * 2)
  let at = opening.copy(buffer)
  for (const column of auditColumns) {
    const value = row[column]
    if (value === null) at = buffer.writeUInt8(kinds.nothing, at)
    else if (typeof value === 'number') at = buffer.writeBigInt64BE(BigInt(value), buffer.writeUInt8(kinds.integer, at))
    else {
      const start = buffer.writeUInt8(typeof value === 'string' ? kinds.text : kinds.bytes, at) + 4
      if (typeof value === 'string') at = start + buffer.write(value, start)
      else {
        buffer.set(value, start)
        at = start + value.length
      }
      buffer.writeUInt32BE(at - start, start - 4)
    }
  }
  return buffer.subarray(0, at)
}

export const hashOf = (row: AuditRow): Buffer => hash('sha256', bytesOf(row), 'buffer')
