import {
  operations,
  type Failure,
  type Input,
  type OperationName,
  type Output,
} from '../../../shared/contract/index.ts'

/** Where a running server is, and by which right one asks. */
export interface ApiAccess {
  readonly url: string
  readonly token: string
}

/** The server could not be asked, or refused; the message says what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
}

const refusal = (status: number, text: string): string => {
  try {
    return (JSON.parse(text) as { error: Failure }).error.message
  } catch {
    return `The server answered ${status}, which is no answer of this API; look at --api`
  }
}

const ask = async <N extends OperationName>({ url, token }: ApiAccess, name: N, input: Input<N>): Promise<Response> => {
  const { method, path } = operations[name]
  const fields = Object.entries(input)
  const filled = path.replace(/:(\w+)/g, (_, part: string) =>
    encodeURIComponent(String(fields.find(([key]) => key === part)?.[1])),
  )
  const rest = fields.filter(([key]) => !path.split('/').includes(`:${key}`))
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const target = new URL(filled, url)
  if (!hasBody) for (const [key, value] of rest) target.searchParams.set(key, String(value))
  const response = await fetch(target, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(hasBody && { 'content-type': 'application/json' }) },
    ...(hasBody && { body: JSON.stringify(Object.fromEntries(rest)) }),
  }).catch((cause: unknown) => {
    throw new ApiError(`Nobody answers at ${url}; start the server, or say where it is with --api`, { cause })
  })
  if (!response.ok) throw new ApiError(refusal(response.status, await response.text()))
  return response
}

/** Asks a running server for an operation of the contract. */
export const invoke = async <N extends OperationName>(
  access: ApiAccess,
  name: N,
  input: Input<N>,
): Promise<Output<N>> => {
  const text = await (await ask(access, name, input)).text()
  return (text === '' ? undefined : JSON.parse(text)) as Output<N>
}

/** The file of an operation that answers one, as it comes. */
export const download = async <N extends OperationName>(
  access: ApiAccess,
  name: N,
  input: Input<N>,
): Promise<ReadableStream<Uint8Array>> => {
  const { body } = await ask(access, name, input)
  if (!body) throw new ApiError('The server answered without a file')
  return body
}

/** The tenant that is meant: the one named, or the only one that the token opens. */
export const findTenant = async (access: ApiAccess, named: string | undefined): Promise<string> => {
  if (named !== undefined) return named
  const { items } = await invoke(access, 'tenants.list', { limit: 2 })
  const [only, another] = items
  if (!only) throw new ApiError('There is no tenant yet')
  if (another) throw new ApiError('There are several tenants; say which one with --tenant')
  return only.id
}
