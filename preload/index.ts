import { contextBridge, ipcRenderer } from 'electron'
import { channels, type SwitchyardBridge } from '../shared/contract/native.ts'

const subscribe =
  <T>(channel: string) =>
  (listener: (message: T) => void) => {
    const receive = (_event: unknown, message: T) => listener(message)
    ipcRenderer.on(channel, receive)
    return () => void ipcRenderer.off(channel, receive)
  }

const bridge: SwitchyardBridge = {
  invoke: (name, input) => ipcRenderer.invoke(channels.invoke, name, input),
  nextEvents: (after) => ipcRenderer.invoke(channels.nextEvents, after),
  onStatus: subscribe(channels.status),
  status: () => ipcRenderer.invoke(channels.getStatus),
}

contextBridge.exposeInMainWorld('switchyard', bridge)
