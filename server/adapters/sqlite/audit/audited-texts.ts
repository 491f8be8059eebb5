import type { createSqliteMetaRepository } from '../nodes/meta-repository.ts'
import type { Auditing } from './audited.ts'

type Texts = ReturnType<typeof createSqliteMetaRepository>

const read = (text: string | undefined): object | undefined => {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // It is no JSON, and told as it is.
  }
  return { value: text }
}

/** Settings of the whole site, each a text under its name, which is what the audit log calls them. */
export const createAuditedTexts = ({ auditing }: Auditing, texts: Texts) => ({
  set: auditing('settings', (tell, noun: string, value: string): void => {
    const before = read(texts.get(noun))
    texts.set(noun, value)
    tell({ noun, action: before ? 'update' : 'create', before, after: read(value) })
  }),
  claim: texts.claim,
})
