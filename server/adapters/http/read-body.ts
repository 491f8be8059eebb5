import type { Readable } from 'node:stream'

/** Nothing we take is larger: neither a webhook nor a call of the API. */
export const bodyLimitBytes = 1024 * 1024

/**
 * How much of a body nobody wants is read and thrown away before the answer. A sender that is still writing when the
 * connection closes sees a broken connection instead of the answer, so a moderate excess is taken politely.
 */
const drainLimitBytes = 8 * bodyLimitBytes

export type BodyReading =
  | { readonly kind: 'whole'; readonly body: Buffer }
  /** `drained`: read to its end, so the connection can be used again. */
  | { readonly kind: 'too large'; readonly drained: boolean }
  | { readonly kind: 'cut off' }

const declaredLength = (contentLength: string | undefined) => (contentLength === undefined ? 0 : Number(contentLength))

/** Reads at most `bodyLimitBytes` into memory and calls `done` exactly once. */
export const readBody = (
  stream: Readable,
  contentLength: string | undefined,
  done: (reading: BodyReading) => void,
): void => {
  const declared = declaredLength(contentLength)
  if (declared > drainLimitBytes) {
    done({ kind: 'too large', drained: false })
    return
  }
  let chunks: Buffer[] = []
  let received = 0
  let isTooLarge = declared > bodyLimitBytes

  const finish = (reading: BodyReading) => {
    stream.off('data', onData)
    stream.off('end', onEnd)
    stream.off('close', onCutOff)
    // The error listener stays: a connection that breaks later must not take the process with it.
    done(reading)
  }
  const onData = (chunk: Buffer) => {
    received += chunk.length
    if (received > bodyLimitBytes) {
      isTooLarge = true
      chunks = []
    }
    if (!isTooLarge) chunks.push(chunk)
    else if (received > drainLimitBytes) finish({ kind: 'too large', drained: false })
  }
  const onEnd = () => {
    if (isTooLarge) return finish({ kind: 'too large', drained: true })
    const [first] = chunks
    finish({ kind: 'whole', body: chunks.length === 1 && first ? first : Buffer.concat(chunks, received) })
  }
  const onCutOff = () => finish({ kind: 'cut off' })

  stream.on('data', onData)
  stream.on('end', onEnd)
  stream.on('close', onCutOff)
  stream.on('error', ignoreBrokenConnection)
}

/** 'close' always follows and says all there is to say. */
const ignoreBrokenConnection = () => undefined

/** Throws away what is left of a body, as far as politeness goes. */
export const drain = (stream: Readable, contentLength: string | undefined): Promise<void> =>
  new Promise((settle) => {
    if (stream.readableEnded || stream.destroyed || declaredLength(contentLength) > drainLimitBytes) return settle()
    let left = drainLimitBytes
    stream.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) settle()
    })
    stream.on('end', settle)
    stream.on('close', settle)
    stream.on('error', ignoreBrokenConnection)
    stream.resume()
  })
