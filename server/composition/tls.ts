import {
  followTlsFiles,
  type FollowedTls,
  type TlsFiles,
  type TlsPair,
  type TlsSettings,
} from '../adapters/http/tls-files.ts'
import type { Base } from './base.ts'

export type Tls = Awaited<ReturnType<typeof openTls>>

const dayMs = 86_400_000
const soonMs = 14 * dayMs

/** The certificates of the two listeners, where they have any. */
export const openTls = async ({ config, clock, health, log }: Base) => {
  const follow = async (
    files: TlsFiles | undefined,
    part: string,
    settings: TlsSettings,
  ): Promise<FollowedTls | undefined> => {
    if (!files) return undefined
    let isOld = false
    /** Says so when it begins to run out, also of one that nobody replaces. */
    const judge = ({ validUntilMs }: TlsPair, isNew: boolean): void => {
      const wasOld = isOld
      isOld = validUntilMs - clock.nowMs() <= soonMs
      const told = { certFile: files.certFile, validUntil: new Date(validUntilMs).toISOString() }
      if (!isOld) {
        if (!isNew) return
        log.info(told, 'A TLS certificate is in use')
        return health.recover(part)
      }
      if (!isNew && wasOld) return
      const message = `The certificate in ${files.certFile} is valid until ${told.validUntil}; replace the files that ${settings.cert} and ${settings.key} name`
      log.warn(told, message)
      health.degrade(part, message)
    }
    return followTlsFiles(files, settings, {
      loaded: (pair) => judge(pair, true),
      kept: (pair) => judge(pair, false),
      refused: (error) => {
        const reason = error instanceof Error ? error.message : String(error)
        const message = `A new TLS certificate is not used; the one before stays in use. ${reason}. Correct the files; they are read again when they change, or on SIGHUP`
        log.error({ certFile: files.certFile, keyFile: files.keyFile }, message)
        health.degrade(part, message)
      },
    })
  }
  const webhooks = await follow(config.tls, 'tls_webhooks', { cert: 'SWITCHYARD_TLS_CERT', key: 'SWITCHYARD_TLS_KEY' })
  const admin = await follow(config.adminTls, 'tls_admin', {
    cert: 'SWITCHYARD_ADMIN_TLS_CERT',
    key: 'SWITCHYARD_ADMIN_TLS_KEY',
  })
  const followed = [webhooks, admin].filter((one) => one !== undefined)
  return {
    webhooks,
    admin,
    isInUse: followed.length > 0,
    /** Reads what has changed. */
    check: () => Promise.all(followed.map((one) => one.check())),
    /** Reads everything again. */
    reload: () => Promise.all(followed.map((one) => one.reload())),
  }
}
