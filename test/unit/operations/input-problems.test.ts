import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
// The gate sets how many problems are looked for.
import '../../../server/operations/dispatch.ts'
import { inputProblems } from '../../../server/operations/input-problems.ts'
import { operations, type OperationName } from '../../../shared/contract/index.ts'

const told = (name: OperationName, input: unknown) => {
  const operation = operations[name]
  return inputProblems(Compile(operation.input).Errors(input), Object.keys(operation.input.properties))
}
const agent = { tenantId: 't1', name: 'A', provider: 'vapi', value: '+12025550171' }
const rule = { tenantId: 't1', name: 'R', pattern: '*', target: { type: 'hangup' } }

describe('what is wrong with an input', () => {
  it('is said field by field, the first thing as a sentence', () => {
    const { message, details } = told('voiceAgents.create', {
      ...agent,
      name: undefined,
      enabled: 'yes',
      colour: 'red',
    })
    expect(details.map(({ path }) => path)).toEqual(expect.arrayContaining(['/name', '/enabled', '/colour']))
    expect(message).toBe(`${details[0]!.path.slice(1)} ${details[0]!.message}`)
    expect(details.find(({ path }) => path === '/colour')?.message).toContain('is not a field; the fields are ')
  })

  it('names the place inside lists and objects', () => {
    const { message } = told('agentGroups.setMembers', {
      tenantId: 't',
      id: 'g',
      members: [{ agentId: 'a' }, { agentId: 'b', weight: 0 }],
    })
    expect(message).toMatch(/^members\[1\]\.weight must be/)
    const inner = told('voiceAgents.create', { ...agent, metadata: { note: 5 } })
    expect(inner.message).toMatch(/^metadata\.note must be string/)
  })

  it('names the words that are allowed', () => {
    expect(told('agentGroups.create', { tenantId: 't', name: 'g', strategy: 'chaos' }).message).toBe(
      'strategy must be one of "load_balanced", "priority", "round_robin", "least_active", "weighted_random"',
    )
  })

  it.each([
    [{ type: 'agent' }, 'target.id is required'],
    [{ type: 'message', value: '' }, 'target.value must'],
    [{ type: 'reject', value: 'bored' }, 'target.value must be one of "rejected", "busy", "congestion", "failed"'],
    [{ type: 'hangup', more: 1 }, 'target.more is not a field'],
    [{ type: 'robot' }, 'target.type must be one of "agent", "group", "number", "message", "reject", "hangup"'],
    [{}, 'target'],
    ['agent', 'target must be'],
  ])('of a choice is said for the kind that was meant: %j', (target, message) => {
    expect(told('inboundRules.create', { ...rule, target }).message).toContain(message)
  })

  it('is said for what may also be null', () => {
    const { message, details } = told('voiceAgents.update', {
      tenantId: 't1',
      id: 'a',
      version: 1,
      maxConcurrentCalls: 0,
    })
    expect(message).toMatch(/^maxConcurrentCalls must be/)
    expect(details).toHaveLength(1)
  })

  it('says each thing once, and a screenful at most', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field${i}`, 1]))
    const { details } = told('voiceAgents.create', { ...agent, ...many })
    expect(details).toHaveLength(20)
    expect(new Set(details.map(({ path }) => path)).size).toBe(20)
  })

  it('has a word even where nothing is known', () => {
    expect(inputProblems([], [])).toEqual({ message: 'the input is not valid', details: [] })
    const only = [{ keyword: 'boolean', schemaPath: '#', instancePath: '/x', params: {}, message: 'is false' }]
    expect(inputProblems(only, []).message).toBe('the input is not valid')
    const choice = [
      { keyword: 'anyOf', schemaPath: '#/anyOf', instancePath: '/x', params: {}, message: 'must match a schema' },
    ]
    expect(inputProblems(choice, []).message).toBe('x must match a schema')
  })
})
