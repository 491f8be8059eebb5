import { Command } from 'commander'
import { readVersion } from '../read-config.ts'
import { failAndExit } from '../run-server.ts'
import { createAuditCommand } from './audit.ts'
import { createExportCommand } from './export.ts'
import { createKeyCommand } from './key.ts'
import { createRouteCommand } from './route.ts'
import { createServeCommand } from './serve.ts'
import { createSimulateCommand } from './simulate.ts'
import { createSignInLinkCommand, createTokenCommand } from './token.ts'
import { createUserCommand } from './user.ts'

const program = new Command('switchyard')
  .description('Routes phone calls to AI voice agents')
  .version(readVersion())
  .showHelpAfterError()

for (const createCommand of [
  createServeCommand,
  createTokenCommand,
  createUserCommand,
  createSignInLinkCommand,
  createKeyCommand,
  createSimulateCommand,
  createRouteCommand,
  createExportCommand,
  createAuditCommand,
])
  program.addCommand(createCommand())

await program.parseAsync().catch(failAndExit)
