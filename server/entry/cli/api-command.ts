import { type Command, Option } from 'commander'
import { ApiError } from './api-client.ts'
import { localListener } from './local-listener.ts'

/** What commands have in common that ask a running server. */
export interface ApiOptions {
  readonly api: string
  readonly token: string
  readonly tenant?: string
}

export const askingServer = (command: Command): Command =>
  command
    .option('--api <url>', 'admin listener', localListener('SWITCHYARD_ADMIN_PORT', 8081))
    .addOption(new Option('--token <token>', 'API token').env('SWITCHYARD_TOKEN').makeOptionMandatory())
    .option('--tenant <id>', 'tenant id; not needed where there is one tenant')

/** Expected refusals are told in one line. */
export const orSay = async (command: Command, work: Promise<void>): Promise<void> => {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    command.error(`error: ${error.message}`)
  }
}
