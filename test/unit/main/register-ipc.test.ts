import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { describe, expect, it } from 'vitest'
import { registerIpc } from '../../../main/ipc/register-ipc.ts'
import { createPage } from '../../../main/page.ts'
import { channels } from '../../../shared/contract/native.ts'

type Handler = Parameters<IpcMain['handle']>[1]

const anIpc = () => {
  const handlers = new Map<string, Handler>()
  const asked: unknown[] = []
  registerIpc(
    { handle: (channel, handler) => void handlers.set(channel, handler) },
    {
      invoke: async (name, input) => {
        asked.push([name, input])
        return { ok: true, value: name }
      },
      nextEvents: async (after) => {
        asked.push(after)
        return { ok: true, value: 'id: e1-2' }
      },
      status: () => ({ state: 'running' }),
    },
    createPage(undefined),
  )
  const send = async (senderFrame: unknown, channel: string, ...given: unknown[]): Promise<unknown> =>
    handlers.get(channel)?.({ senderFrame } as IpcMainInvokeEvent, ...given)
  return { handlers, asked, send }
}

const ourFrame = { url: 'app://switchyard/index.html', parent: null }

describe('what a window may ask the main process', () => {
  it('is exactly the channels of the bridge', () => {
    expect([...anIpc().handlers.keys()]).toEqual([channels.invoke, channels.nextEvents, channels.getStatus])
  })

  it('passes operations on to the control plane', async () => {
    const { asked, send } = anIpc()
    expect(await send(ourFrame, channels.invoke, 'tenants.list', { limit: 5 })).toEqual({
      ok: true,
      value: 'tenants.list',
    })
    expect(asked).toEqual([['tenants.list', { limit: 5 }]])
  })

  it('asks the control plane for what happens after an event', async () => {
    const { asked, send } = anIpc()
    expect(await send(ourFrame, channels.nextEvents, 'e1-1')).toEqual({ ok: true, value: 'id: e1-2' })
    await send(ourFrame, channels.nextEvents, { after: 'e1-1' })
    expect(asked).toEqual(['e1-1', undefined])
  })

  it('tells how the control plane stands', async () => {
    expect(await anIpc().send(ourFrame, channels.getStatus)).toEqual({ state: 'running' })
  })

  it('takes a name that is no text for what it looks like, and leaves the refusal to the control plane', async () => {
    const { asked, send } = anIpc()
    await send(ourFrame, channels.invoke, null)
    expect(asked).toEqual([['null', undefined]])
  })

  it.each([
    ['a foreign page', { url: 'https://example.com/', parent: null }],
    ['a page of another host of our scheme', { url: 'app://elsewhere/index.html', parent: null }],
    ['a frame inside our page', { url: 'app://switchyard/index.html', parent: ourFrame }],
    ['a frame that is gone', null],
  ])('refuses %s', async (_who, frame) => {
    const { asked, send } = anIpc()
    await expect(send(frame, channels.invoke, 'tenants.list', {})).rejects.toThrow(
      'control-plane:invoke refused: unknown sender',
    )
    await expect(send(frame, channels.nextEvents, 'e1-1')).rejects.toThrow('refused: unknown sender')
    await expect(send(frame, channels.getStatus)).rejects.toThrow('refused: unknown sender')
    expect(asked).toEqual([])
  })
})
