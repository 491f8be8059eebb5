import { createPeer, type Answers } from './peer.ts'

const answers: Record<string, Answers[string]> = {}

/** The other side: the test's process, which holds the browser. */
export const toMainProcess = createPeer((message) => {
  if (process.connected) process.send?.(message)
}, answers)

export const answerHost = (more: Answers) => Object.assign(answers, more)

process.on('message', (message) => toMainProcess.receive(message))
