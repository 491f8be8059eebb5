import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { channels } from '../../shared/contract/native.ts'
import type { Page } from '../page.ts'
import type { SupervisedServer } from '../supervise.ts'

/** Everything a window may ask the main process. Only the main frame of our own page is answered. */
export const registerIpc = (
  ipcMain: Pick<IpcMain, 'handle'>,
  controlPlane: Pick<SupervisedServer, 'invoke' | 'nextEvents' | 'status'>,
  page: Pick<Page, 'isOurs'>,
): void => {
  const isOurs = ({ senderFrame }: Pick<IpcMainInvokeEvent, 'senderFrame'>) =>
    senderFrame !== null && senderFrame.parent === null && page.isOurs(senderFrame.url)

  const answer = (channel: string, handle: (...asked: readonly unknown[]) => unknown) =>
    ipcMain.handle(channel, (event, ...asked: unknown[]) => {
      if (!isOurs(event)) throw new Error(`${channel} refused: unknown sender`)
      return handle(...asked)
    })

  answer(channels.invoke, (name, input) => controlPlane.invoke(String(name), input))
  answer(channels.nextEvents, (after) => controlPlane.nextEvents(typeof after === 'string' ? after : undefined))
  answer(channels.getStatus, () => controlPlane.status())
}
