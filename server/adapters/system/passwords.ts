import { hash, verify } from '@node-rs/argon2'
import type { Passwords } from '../../ports/access.ts'

/** The least that OWASP advises for Argon2id, which is the library's default: 19 MiB, two passes, in threads of their own. */
const effort = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const argon2Passwords: Passwords = {
  hash: (password) => hash(password.normalize('NFKC'), effort),
  isRight: (stored, password) => verify(stored, password.normalize('NFKC')),
}
