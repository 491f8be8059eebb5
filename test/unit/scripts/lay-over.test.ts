import type { FileCoverageData } from '@vitest/istanbul-lib-coverage'
import { describe, expect, it } from 'vitest'
import { layOver } from '../../../scripts/lay-over.ts'

type Start = readonly [line: number, column: number]
type Branches = readonly (readonly [type: string, start: Start, hits: readonly number[]])[]

const place = ([line, column]: Start, end = 99) => ({ start: { line, column }, end: { line, column: end } })

const coverage = (
  statements: readonly (readonly [Start, number])[],
  branches: Branches = [],
  end = 99,
): FileCoverageData => ({
  path: '/renderer/some.ts',
  statementMap: Object.fromEntries(statements.map(([start], id) => [id, place(start, end)])),
  s: Object.fromEntries(statements.map(([, hits], id) => [id, hits])),
  fnMap: { 0: { name: 'one', decl: place([1, 0]), loc: place([1, 8], end), line: 1 } },
  f: { 0: statements[0]?.[1] ?? 0 },
  branchMap: Object.fromEntries(
    branches.map(([type, start, hits], id) => [
      id,
      { type, loc: place(start, end), locations: hits.map(() => place(start, end)), line: start[0] },
    ]),
  ),
  b: Object.fromEntries(branches.map(([, , hits], id) => [id, [...hits]])),
})

describe('layOver', () => {
  it('adds what was run elsewhere, wherever the two say that things end', () => {
    const both = layOver(
      coverage([[[1, 0], 1]], [['if', [1, 2], [1, 0]]], 40),
      coverage([[[1, 0], 2]], [['if', [1, 2], [0, 3]]], 41),
    )
    expect(both).toMatchObject({ s: { 0: 3 }, f: { 0: 3 }, b: { 0: [1, 3] } })
  })

  it('finds a statement by its line when the columns differ', () => {
    expect(layOver(coverage([[[4, 26], 0]]), coverage([[[4, 15], 5]])).s).toEqual({ 0: 5 })
  })

  it('tells statements of one line apart by their order', () => {
    const base = coverage([
      [[4, 26], 0],
      [[4, 40], 0],
    ])
    const told = coverage([
      [[4, 15], 5],
      [[4, 30], 0],
    ])
    expect(layOver(base, told).s).toEqual({ 0: 5, 1: 0 })
  })

  it('takes nothing for run where a line has more statements on one side than on the other', () => {
    const base = coverage([
      [[4, 26], 0],
      [[4, 40], 0],
    ])
    expect(layOver(base, coverage([[[4, 15], 5]])).s).toEqual({ 0: 0, 1: 0 })
  })

  it('takes a branch of another kind or with another number of ways for another one', () => {
    const base = coverage([], [['if', [2, 4], [0, 0]]])
    expect(layOver(base, coverage([], [['cond-expr', [2, 4], [1, 1]]])).b).toEqual({ 0: [0, 0] })
    expect(layOver(base, coverage([], [['if', [2, 4], [1, 1, 1]]])).b).toEqual({ 0: [0, 0] })
  })

  it('adds nothing to what there is to cover, and leaves what it was given as it is', () => {
    const base = coverage([[[1, 0], 0]])
    const told = coverage(
      [
        [[1, 0], 1],
        [[9, 0], 1],
      ],
      [['if', [9, 0], [1, 1]]],
    )
    expect(layOver(base, told)).toMatchObject({ statementMap: base.statementMap, branchMap: {}, s: { 0: 1 }, b: {} })
    expect(base.s).toEqual({ 0: 0 })
  })
})
