import { parentPort } from 'node:worker_threads'
import { runStoreThread } from './run-store-thread.ts'

if (!parentPort) throw new Error('This file runs as a worker thread only')
runStoreThread(parentPort)
