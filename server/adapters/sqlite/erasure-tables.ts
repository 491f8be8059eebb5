/** Where numbers stand in what calls leave behind, and how far a look goes before others have their turn. */
export const erasureTables = {
  calls: { table: 'call_records', columns: ['from_number', 'to_number', 'reason', 'stage'], span: 1000 },
  decisions: { table: 'routing_decisions', columns: ['outcome', 'explanation', 'cxml'], span: 500 },
  events: { table: 'webhook_audit', columns: ['reason', 'headers', 'payload', 'answer'], span: 200 },
} as const
export type ErasureKind = keyof typeof erasureTables
export const attemptColumns = ['number', 'trunk_plan'] as const
