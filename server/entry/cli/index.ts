import { Command } from 'commander'
import { createSimulateCommand } from './simulate.ts'

const program = new Command('switchyard').description('Routes phone calls to AI voice agents').showHelpAfterError()

for (const createCommand of [createSimulateCommand]) program.addCommand(createCommand())

await program.parseAsync()
