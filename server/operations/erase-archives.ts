import { createNumberFinder } from '../domain/numbers/number-finder.ts'
import type { ArchiveFile, ArchiveFiles } from '../ports/archive-files.ts'
import type { SoughtNumber } from '../ports/erasure-store.ts'

/** What an archive of calls has in a line. */
export interface ArchivedCall {
  readonly call: { readonly token: string; readonly country?: string | null }
  readonly attempts: readonly unknown[]
  readonly decisions: readonly unknown[]
  readonly transitions: readonly unknown[]
}

/** Lines as they are to stand in an archive from now on; undefined leaves one out. */
type Change = (line: string) => string | undefined

/**
 * Erases a number from archives: with its calls and their webhook events, or, with `keep`, only the number itself.
 * `tokens`: calls of the number that are known already; those found here are added. Answers which archives held it.
 */
export const createArchiveEraser = (
  files: Pick<ArchiveFiles, 'list' | 'read' | 'write'>,
  { number, country }: SoughtNumber,
) => {
  const finder = createNumberFinder(number, { country })
  const ownFinder = createNumberFinder(number, { country, behindDigits: true })

  const isOfNumber = ({ call, attempts }: ArchivedCall): boolean =>
    finder.holds(JSON.stringify(call)) || finder.holds(JSON.stringify(attempts))

  const changes = (label: string, keep: boolean, tokens: Set<string>): Readonly<Record<string, Change>> => ({
    calls: (line) => {
      if (!finder.holds(line)) return line
      const record = JSON.parse(line) as ArchivedCall
      if (!isOfNumber(record)) return finder.replace(line, label)
      tokens.add(record.call.token)
      return keep ? ownFinder.replace(line, label) : undefined
    },
    webhook_events: (line) => {
      const { token } = JSON.parse(line) as { token?: string | null }
      const isOwn = token !== undefined && token !== null && tokens.has(token)
      if (isOwn) return keep ? ownFinder.replace(line, label) : undefined
      return finder.holds(line) ? finder.replace(line, label) : line
    },
  })

  const isIn = async (tenantId: string, kind: string, dayMs: number, change: Change): Promise<boolean> => {
    let isChanged = false
    // To the end: calls that are found here tell which events are meant.
    for await (const line of files.read(tenantId, kind, dayMs)) if (change(line) !== line) isChanged = true
    return isChanged
  }

  async function* rewritten(tenantId: string, kind: string, dayMs: number, change: Change): AsyncGenerator<string> {
    for await (const line of files.read(tenantId, kind, dayMs)) {
      const next = change(line)
      if (next !== undefined) yield next
    }
  }

  return async (
    tenantId: string,
    {
      label,
      keep,
      tokens,
      replace,
    }: {
      readonly label: string
      readonly keep: boolean
      readonly tokens: Set<string>
      /** Records each archive that is written anew; without it nothing is written. */
      readonly replace?: (file: ArchiveFile) => Promise<void>
    },
  ): Promise<number> => {
    const byKind = changes(label, keep, tokens)
    let found = 0
    const failures: unknown[] = []
    const look = async (kind: string, dayMs: number, change: Change): Promise<void> => {
      if (!(await isIn(tenantId, kind, dayMs, change))) return
      found += 1
      if (replace) await files.write(tenantId, kind, dayMs, rewritten(tenantId, kind, dayMs, change), replace)
    }
    for (const [kind, change] of Object.entries(byKind))
      for (const { dayMs } of (await files.list(tenantId)).filter((one) => one.kind === kind))
        await look(kind, dayMs, change).catch((error: unknown) => failures.push(error))
    // The others hold nothing of it by now.
    if (failures.length > 0) throw failures[0]
    return found
  }
}
