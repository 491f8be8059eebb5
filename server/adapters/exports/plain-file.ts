import type { FileHandle } from 'node:fs/promises'
import type { ExportWriter } from '../../ports/exports.ts'
import { sayFileError } from './file-errors.ts'

/** Text as it is, from a place in the file on. */
export const createPlainFile = (
  file: FileHandle,
  from: number,
  hasRoom: () => Promise<void>,
  settle: () => Promise<void>,
): ExportWriter => {
  let bytes = from
  return {
    get bytes() {
      return bytes
    },
    async write(piece) {
      let done = 0
      while (done < piece.length)
        done += (await file.write(piece, done, piece.length - done, bytes + done).catch(sayFileError)).bytesWritten
      bytes += piece.length
    },
    async sync() {
      await file.datasync().catch(sayFileError)
      await hasRoom()
    },
    async finish() {
      await file.sync().catch(sayFileError)
      await file.close()
      await settle()
    },
    leave: () => file.close(),
  }
}
