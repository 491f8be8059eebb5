// Loaded before the built utility process: gives it the `process.parentPort` that Electron would.
import { EventEmitter } from 'node:events'

const port = new EventEmitter()
process.on('message', (data) => port.emit('message', { data }))
process.on('disconnect', () => process.exit())

Object.assign(process, {
  parentPort: Object.assign(port, { postMessage: (message: unknown) => process.send?.(message) }),
})
