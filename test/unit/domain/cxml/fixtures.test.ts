import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderCxml } from '../../../../server/domain/cxml/render-cxml.ts'
import { cxmlProblems } from '../../../../server/domain/cxml/validate-cxml.ts'
import type { CxmlDocument } from '../../../../server/domain/cxml/verbs.ts'
import { buildDocument } from '../../../../server/domain/routing/build-document.ts'
import type { RoutableAgent, RoutingConfig } from '../../../../server/domain/routing/routing-config.ts'
import type { Target } from '../../../../server/domain/routing/target.ts'
import { checkCxml } from '../../../support/cxml-check.ts'
import { aRoutingConfig, aVoiceAgent } from '../../../support/builders.ts'

/** What a decision fixture says; the rest is as usual. */
interface DecisionFixture {
  readonly agent?: Partial<RoutableAgent>
  readonly target?: Target
  readonly ringTimeoutSeconds?: number
  readonly action?: string
  readonly config?: Partial<Pick<RoutingConfig, 'sayLanguage' | 'timeLimitSeconds'>>
}

const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'cxml')
const read = (...path: string[]): string => readFileSync(join(fixtures, ...path), 'utf8')
const named = (folder: string, ending: string): string[] =>
  readdirSync(join(fixtures, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))

const documentOf = ({ agent, target, ringTimeoutSeconds = 20, action, config }: DecisionFixture): CxmlDocument => {
  const routing = {
    target: target ?? ({ type: 'agent', id: 'agent-a' } as const),
    agent: agent && aVoiceAgent(agent),
    group: undefined,
    ringTimeoutSeconds,
    groupAttempts: 1,
    steps: [],
  }
  const token = '0123456789abcdef0123456789abcdef'
  return buildDocument(aRoutingConfig(config), routing, token, action ?? '/voice/key/dial-result?s=state')
}

describe('a decision', () => {
  it.each(named('good', '.json'))('becomes exactly the document of %s', (name) => {
    const document = documentOf(JSON.parse(read('good', `${name}.json`)) as DecisionFixture)
    expect(cxmlProblems(document)).toEqual([])
    const xml = renderCxml(document)
    expect(xml).toBe(read('good', `${name}.xml`).trimEnd())
    expect(checkCxml(xml)).toEqual([])
  })

  it.each(named('bad', '.decision.json'))('is refused for exactly the reason of %s', (name) => {
    const { decision, problems } = JSON.parse(read('bad', `${name}.decision.json`)) as {
      decision: DecisionFixture
      problems: string[]
    }
    expect(cxmlProblems(documentOf(decision))).toEqual(problems)
  })
})
