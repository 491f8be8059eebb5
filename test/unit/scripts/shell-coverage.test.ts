import { createCoverageMap } from '@vitest/istanbul-lib-coverage'
import { describe, expect, it } from 'vitest'
import { judge } from '../../../scripts/shell-coverage.ts'

const place = (line: number) => ({ start: { line, column: 0 }, end: { line, column: 9 } })

/** A file of ten lines, each with a branch of its own, of which so many were run and taken. */
const aFile = (path: string, linesRun: number, branchesTaken: number) => {
  const numbered = Array.from({ length: 10 }, (_, n) => n)
  return {
    path,
    statementMap: Object.fromEntries(numbered.map((n) => [n, place(n + 1)])),
    s: Object.fromEntries(numbered.map((n) => [n, n < linesRun ? 1 : 0])),
    fnMap: {},
    f: {},
    branchMap: Object.fromEntries(
      numbered.map((n) => [n, { type: 'if', loc: place(n + 1), locations: [place(n + 1)], line: n + 1 }]),
    ),
    b: Object.fromEntries(numbered.map((n) => [n, [n < branchesTaken ? 1 : 0]])),
  }
}

const judged = (...files: ReturnType<typeof aFile>[]) =>
  judge(createCoverageMap(Object.fromEntries(files.map((file) => [file.path, file]))))

describe('the gate of the shell’s coverage', () => {
  it('opens at 80 % of lines and of branches', () => {
    expect(judged(aFile('/main/a.ts', 8, 8))).toMatchObject({ lines: 80, branches: 80, isEnough: true })
  })

  it('stays shut for too few lines, for too few branches, and when nothing was counted', () => {
    expect(judged(aFile('/main/a.ts', 7, 10)).isEnough).toBe(false)
    expect(judged(aFile('/main/a.ts', 10, 7)).isEnough).toBe(false)
    expect(judged()).toMatchObject({ lines: 0, branches: 0, isEnough: false })
  })

  it('names what is missing, the poorest file first, and nothing that is covered', () => {
    const { gaps } = judged(aFile('/main/good.ts', 10, 10), aFile('/main/fair.ts', 9, 10), aFile('/main/poor.ts', 8, 6))
    expect(gaps.map((gap) => gap.replace(/^.*main\//, ''))).toEqual([
      'poor.ts: 8 of 10 lines, 6 of 10 branches; not run: 9, 10',
      'fair.ts: 9 of 10 lines, 10 of 10 branches; not run: 10',
    ])
  })
})
