import { userInfo } from 'node:os'
import type { AskedBy } from './ports/audit.ts'

/** A container may run as a user that has no name. */
const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Who may read the data directory may do what an owner does. */
export const atCommandLine: AskedBy = {
  actor: { kind: 'local', name: userName(), role: 'owner' },
  origin: { transport: 'cli' },
}
