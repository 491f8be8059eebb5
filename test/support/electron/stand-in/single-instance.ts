import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ownerOf = (lock: string): number | undefined => {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}

/** One lock per user-data folder; the one who holds it is told of everybody else. */
export const takeInstanceLock = (folder: string, onSecond: () => void): boolean => {
  mkdirSync(folder, { recursive: true })
  const lock = join(folder, 'instance.lock')
  const owner = ownerOf(lock)
  if (owner !== undefined) {
    process.kill(owner, 'SIGUSR2')
    return false
  }
  writeFileSync(lock, String(process.pid))
  process.on('SIGUSR2', onSecond)
  process.on('exit', () => rmSync(lock, { force: true }))
  return true
}
