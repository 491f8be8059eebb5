import type { Operation } from '../../shared/contract/operation.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly body: string | undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Path parameters are taken out of the flat input; the rest is the query (GET, DELETE) or the JSON body. */
export const buildRequest = (operation: Operation, input: object): HttpRequest => {
  const rest = new Map<string, unknown>(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = operation.path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = rest.get(name)
    rest.delete(name)
    return encodeURIComponent(text(value ?? ''))
  })
  if (operation.method !== 'GET' && operation.method !== 'DELETE') {
    return { method: operation.method, url: path, body: JSON.stringify(Object.fromEntries(rest)) }
  }
  const query = new URLSearchParams()
  for (const [name, value] of rest) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) query.append(name, text(one))
  }
  const search = query.toString()
  return { method: operation.method, url: search ? `${path}?${search}` : path, body: undefined }
}
