import type { Output } from '../../../shared/contract/index.ts'

export interface EndpointLine {
  readonly label: string
  readonly where: string
  readonly value: string
}

/** The URLs in the order in which they are entered. Dial results need none: the documents carry theirs. */
export const endpointLines = (endpoints: Output<'tenants.endpoints'>): readonly EndpointLine[] => {
  const url = (path: string) =>
    endpoints.base === undefined || /^https?:/.test(path) ? path : `${endpoints.base}${path}`
  return [
    {
      label: 'Voice application',
      where: `the application’s URL, method ${endpoints.method}`,
      value: url(endpoints.application),
    },
    { label: 'Session updates', where: 'the domain’s session update endpoint', value: url(endpoints.session) },
    { label: 'CDR', where: 'the domain’s CDR endpoint', value: url(endpoints.cdr) },
  ]
}
