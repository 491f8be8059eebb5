import type { Erasure, ErasureCounts } from '../../shared/contract/erasures.ts'

/** Which number, in E.164, and the country whose national spelling of it is understood (ISO 3166-1 alpha-2). */
export interface SoughtNumber {
  readonly number: string
  readonly country: string
}

/** Records of a tenant that hold a number, whatever their kind. */
export interface ErasureStore {
  /** Looks only. */
  count(tenantId: string, sought: SoughtNumber): Promise<ErasureCounts>
  /**
   * Erases the number's calls with all that belongs to them, or, with `keep`, leaves them; `label` then stands wherever the
   * number stood, in other calls' records too. Calls that go on are left alone and counted. A few rows at a time; `forget`
   * hears of the calls each time, for what is remembered of them elsewhere would be stored again with their next webhook.
   */
  erase(
    tenantId: string,
    sought: SoughtNumber,
    label: string,
    keep: boolean,
    forget: (tokens: readonly string[]) => Promise<void>,
  ): Promise<{ readonly counts: ErasureCounts; readonly tokens: readonly string[] }>
  /** Removes what is left of the number in the file where nothing lies any more. */
  scrub(sought: SoughtNumber): Promise<{ readonly scrubbedPages: number; readonly leftPages: number }>
  list(tenantId: string): Promise<readonly Erasure[]>
  get(tenantId: string, id: string): Promise<Erasure | undefined>
  /** Overwrites one with the same id. */
  put(tenantId: string, erasure: Erasure): Promise<void>
  /** Those that ran when the process ended before: they stay unfinished. Answers how many. */
  interrupt(nowMs: number): Promise<number>
}
