import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type Server, type TlsOptions } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { DomainError } from '../../domain/errors.ts'

/** Paths of PEM files; both are read again when they change. */
export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** What the two files are called in the settings. */
export interface TlsSettings {
  readonly cert: string
  readonly key: string
}

export interface TlsPair {
  readonly options: TlsOptions
  readonly validUntilMs: number
}

/** The first with which no client of today has trouble. */
const minVersion = 'TLSv1.2'

const refusal = (message: string, cause?: unknown): DomainError =>
  new DomainError('INVALID_INPUT', message, undefined, { cause })

const readText = async (file: string, setting: string): Promise<Buffer> => {
  try {
    return await readFile(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      { ENOENT: 'which is not there', EACCES: 'which this user may not read' }[code ?? ''] ??
      `which cannot be read (${code ?? message})`
    throw refusal(`${setting} names ${file}, ${reason}`, error)
  }
}

const parse = <T>(make: () => T, message: string): T => {
  try {
    return make()
  } catch (error) {
    throw refusal(message, error)
  }
}

/** Certificate and key of a listener; refused, naming the file and what is wrong with it, when they cannot work. */
export const readTlsPair = async ({ certFile, keyFile }: TlsFiles, settings: TlsSettings): Promise<TlsPair> => {
  const [cert, key] = await Promise.all([readText(certFile, settings.cert), readText(keyFile, settings.key)])
  const certificate = parse(
    () => new X509Certificate(cert),
    `${settings.cert} names ${certFile}, which holds no certificate; it wants PEM, the server's own first and those that signed it after`,
  )
  const privateKey = parse(
    () => createPrivateKey(key),
    `${settings.key} names ${keyFile}, which holds no key that can be read; it wants PEM without a passphrase`,
  )
  if (!certificate.checkPrivateKey(privateKey))
    throw refusal(`The key in ${keyFile} does not belong to the certificate in ${certFile}; replace both together`)
  const options = { cert, key, minVersion } as const
  parse(() => createSecureContext(options), `${certFile} and ${keyFile} cannot be used for TLS`)
  return { options, validUntilMs: certificate.validToDate.getTime() }
}

/** Changes when either file does, also when a link leads elsewhere. */
const markOf = async (file: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file)
    return [ino, size, mtimeMs, ctimeMs].join(' ')
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

export interface FollowedTls {
  /** What a listener starts with. */
  readonly options: TlsOptions
  /** The listener that gets what is read from now on; connections that are open go on with what they began with. */
  serve(app: FastifyInstance): void
  /** Reads the files again when they are not as they were. */
  check(): Promise<void>
  /** Reads the files again in any case. */
  reload(): Promise<void>
}

/** The files of a listener, read now and whenever they change. A pair that cannot work leaves the one before in use. */
export const followTlsFiles = async (
  files: TlsFiles,
  settings: TlsSettings,
  tell: {
    /** Also of the pair that a listener starts with. */
    readonly loaded: (pair: TlsPair) => void
    /** Looked at again, and not changed. */
    readonly kept: (pair: TlsPair) => void
    readonly refused: (error: unknown) => void
  },
): Promise<FollowedTls> => {
  const marks = async (): Promise<string> => (await Promise.all([markOf(files.certFile), markOf(files.keyFile)])).join()
  let seen = await marks()
  const first = await readTlsPair(files, settings)
  tell.loaded(first)
  let current = first
  let server: Server | undefined
  const reload = async (): Promise<void> => {
    // Before they are read: what changes meanwhile is found the next time.
    seen = await marks()
    try {
      const pair = await readTlsPair(files, settings)
      server?.setSecureContext(pair.options)
      current = pair
      tell.loaded(pair)
    } catch (error) {
      tell.refused(error)
    }
  }
  return {
    options: first.options,
    serve: (app) => void (server = app.server as unknown as Server),
    reload,
    check: async () => {
      if ((await marks()) !== seen) await reload()
      else tell.kept(current)
    },
  }
}
