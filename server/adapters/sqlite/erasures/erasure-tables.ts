import { type BodyColumns, unpacked } from '../webhooks/webhook-bodies.ts'

/** Where numbers stand in what calls leave behind, and how far a look goes before others have their turn. */
export const erasureTables = {
  calls: { table: 'call_records', columns: ['from_number', 'to_number', 'reason', 'stage'], span: 1000 },
  decisions: { table: 'routing_decisions', columns: ['outcome', 'explanation', 'cxml'], span: 500 },
  events: { table: 'webhook_audit', columns: ['reason', 'headers', 'payload', 'answer'], span: 200 },
  exports: { table: 'exports', columns: ['request', 'shown', 'reason'], span: 500 },
} as const

/** Bodies of webhooks are looked at, and written, as text; they are packed later. */
export const extraColumns = (kind: ErasureKind): readonly string[] => (kind === 'events' ? ['bodies'] : [])
export const asTexts = <Row extends object>(kind: ErasureKind, row: Row): Row =>
  kind === 'events' ? unpacked(row as Row & BodyColumns) : row
export type ErasureKind = keyof typeof erasureTables
export const attemptColumns = ['number', 'trunk_plan'] as const
