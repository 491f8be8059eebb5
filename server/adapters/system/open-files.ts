import { readFileSync } from 'node:fs'

/** Where the system does not say: what macOS lets a process have, and less than Windows does. */
const unlessSaid = 10_000

/** How many files and connections this process may have open. Node raises what was set to what may be set. */
export const mostOpenFiles = (limits = '/proc/self/limits'): number => {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(limits, 'utf8')) ?? []
    return soft === undefined || soft === 'unlimited' ? unlessSaid : Number(soft)
  } catch {
    return unlessSaid // there is no such file but on Linux
  }
}

/** Each listener may fill its part, so that neither crowds out the other, nor both the store. */
export const mostConnections = (openFiles: number): { webhooks: number; admin: number } => ({
  webhooks: Math.min(8192, Math.floor(openFiles / 2)),
  admin: Math.min(1024, Math.floor(openFiles / 8)),
})
