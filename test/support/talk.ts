import { checkCxml } from './cxml-check.ts'

export const ownerToken = 'owner-token-of-the-tests'

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly body: T
  readonly text: string
}

/** A control plane as the outside world talks to it. */
export interface Talk {
  /** REST, as owner unless another token is given; paths below /api/v1. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown, token?: string): Promise<Answer<T>>
  /** A webhook as Cloudonix sends it. */
  webhook(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
}

const read = async (response: Response): Promise<Answer<never>> => {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
  return { status: response.status, text, body: (isJson ? JSON.parse(text) : {}) as never }
}

/** `urls` is asked each time: a server that is started again may listen elsewhere. */
export const talkTo = (urls: () => { readonly webhooks: string; readonly admin: string }): Talk => ({
  async api(method, path, body, token = ownerToken) {
    const response = await fetch(`${urls().admin}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return read(response)
  },
  async webhook(path, body, headers = {}) {
    const isText = typeof body === 'string'
    const response = await fetch(new URL(path, urls().webhooks), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: isText ? body : JSON.stringify(body),
    })
    const answer = await read(response)
    // Whatever a test is about: no document leaves that Cloudonix would not understand.
    const problems = response.headers.get('content-type')?.includes('xml') === true ? checkCxml(answer.text) : []
    if (problems.length > 0) throw new Error(`${problems.join('; ')}: ${answer.text}`)
    return answer
  },
})
