/** The library brings no types of its own; this is the part of it that is used here. */
declare module '@bcoe/v8-coverage' {
  import type { Profiler } from 'node:inspector'
  export type ScriptCoverage = Pick<Profiler.ScriptCoverage, 'url' | 'functions'>
  /** One account of a script instead of several; undefined for none. What is handed in is used up. */
  export const mergeScriptCovs: (scripts: readonly ScriptCoverage[]) => ScriptCoverage | undefined
}
