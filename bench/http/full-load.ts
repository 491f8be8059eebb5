import autocannon from 'autocannon'

export interface LoadResult {
  readonly perSecond: number
  readonly requests: number
  readonly failures: number
  readonly p50: number
  readonly p99: number
}

interface GivenRequest {
  requestBuffer: Buffer
}

/**
 * As many requests as go through, on `connections` sockets, by autocannon. Each request is taken from `next`: autocannon
 * sends what `requestBuffer` says, and asks for it once per request.
 */
export const runFullLoad = async (
  url: string,
  next: () => Buffer,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<LoadResult> => {
  const result = await autocannon({
    url,
    method: 'POST',
    connections,
    duration: seconds,
    setupClient(client) {
      const request = {
        get requestBuffer() {
          return next()
        },
        set requestBuffer(_built: Buffer) {
          // What autocannon would build itself has the same token every time.
        },
      } satisfies GivenRequest
      client.setRequests([request as autocannon.Request])
    },
  })
  return {
    perSecond: result.requests.total / result.duration,
    requests: result.requests.total,
    failures: result.errors + result.timeouts + result.non2xx,
    p50: result.latency.p50,
    p99: result.latency.p99,
  }
}
