import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'

export interface TestCertificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
  readonly fingerprint: string
}

export const hasOpenssl = (): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A new key with a certificate that it signed itself, for localhost and 127.0.0.1. */
export const makeCertificate = async (folder: string, name: string, days = 30): Promise<TestCertificate> => {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days)]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,DNS:console.example,IP:127.0.0.1']
  execFileSync('openssl', ['req', ...options, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')]
  return { certFile, keyFile, cert, key, fingerprint: new X509Certificate(cert).fingerprint256 }
}

/** Which certificate a listener shows. */
export const shownBy = (port: number): Promise<string> =>
  new Promise((settle, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      settle(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.on('error', reject)
  })
