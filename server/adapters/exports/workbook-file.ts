import type { FileHandle } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { ExportWriter } from '../../ports/exports.ts'
import { sayFileError } from './file-errors.ts'

const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const packageParts = 'http://schemas.openxmlformats.org/package/2006'
const officeParts = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const relation = (id: string, type: string, target: string): string =>
  `${xml}<Relationships xmlns="${packageParts}/relationships"><Relationship Id="${id}" Type="${officeParts}/${type}" Target="${target}"/></Relationships>`

/** What a workbook of one worksheet has besides it. */
const parts: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `${xml}<Types xmlns="${packageParts}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${contentType}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${contentType}.worksheet+xml"/></Types>`,
  '_rels/.rels': relation('rId1', 'officeDocument', 'xl/workbook.xml'),
  'xl/workbook.xml': `${xml}<workbook xmlns="${main}" xmlns:r="${officeParts}"><sheets><sheet name="Calls" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': relation('rId1', 'worksheet', 'worksheets/sheet1.xml'),
}

/** Packs the worksheet that is written into a workbook; compressing is done on threads of its own. */
export const createWorkbookFile = (
  file: FileHandle,
  hasRoom: () => Promise<void>,
  settle: () => Promise<void>,
): ExportWriter => {
  const zip = new ZipFile()
  const sheet = new PassThrough()
  for (const [name, text] of Object.entries(parts)) zip.addBuffer(Buffer.from(text), name)
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml', { compressionLevel: 1 })
  zip.end()
  let bytes = 0
  const stopped = new AbortController()
  const pack = async (pieces: AsyncIterable<string | Buffer>): Promise<void> => {
    for await (const piece of pieces) {
      await file.appendFile(piece)
      bytes += piece.length
    }
  }
  zip.once('error', () => stopped.abort())
  const packing = pipeline(zip.outputStream, pack, { signal: stopped.signal })
  let failure: unknown
  packing.catch((error: unknown) => {
    failure = error
    sheet.destroy()
  })
  return {
    get bytes() {
      return bytes
    },
    async write(piece) {
      if (!failure && !sheet.write(piece)) await Promise.race([once(sheet, 'drain'), packing]).catch(() => undefined)
      if (failure) sayFileError(failure)
    },
    // It begins anew after a power cut.
    sync: hasRoom,
    async finish() {
      sheet.end()
      await packing.catch(sayFileError)
      await file.sync().catch(sayFileError)
      await file.close()
      await settle()
    },
    async leave() {
      sheet.destroy()
      stopped.abort()
      await packing.catch(() => undefined)
      await file.close()
    },
  }
}
