import type { Failure, Input } from '../../../shared/contract/index.ts'

export interface TenantDraft {
  readonly name: string
  readonly domain: string
  readonly webhookApiKey: string
}

export type Problems = Partial<Readonly<Record<keyof TenantDraft | 'form', string>>>

/** Forgives what people paste: a scheme, a path, capitals. */
export const cleanDomain = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/?#].*$/, '')

export const checkDraft = (draft: TenantDraft): Problems => {
  const problems: { -readonly [K in keyof Problems]: Problems[K] } = {}
  if (draft.name.trim() === '') problems.name = 'Give the tenant a name, for example your company’s.'
  const domain = cleanDomain(draft.domain)
  if (domain === '') problems.domain = 'Enter the Cloudonix domain, for example acme.cloudonix.net.'
  else if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(domain)) {
    problems.domain = 'A domain has letters, digits, dots and hyphens only, for example acme.cloudonix.net.'
  }
  return problems
}

export const inputOf = (draft: TenantDraft, timeZone: string): Input<'tenants.create'> => ({
  name: draft.name.trim(),
  domain: cleanDomain(draft.domain),
  timeZone,
  ...(draft.webhookApiKey === '' ? {} : { webhookApiKey: draft.webhookApiKey }),
})

/** Puts the server's objections beside the fields they are about. */
export const problemsOf = (failure: Failure): Problems => {
  const problems: { -readonly [K in keyof Problems]: Problems[K] } = {}
  for (const { path, message } of failure.details ?? []) {
    const field = path.replace(/^\//, '')
    if (field === 'name' || field === 'domain' || field === 'webhookApiKey') problems[field] = message
  }
  if (Object.keys(problems).length === 0) problems.form = failure.message
  return problems
}
