import { failAndExit, runServer } from './run-server.ts'

await runServer(process.argv.includes('--demo') ? { demo: true } : {}).catch(failAndExit)
