import { Command } from 'commander'
import { runServer } from '../run-server.ts'

export const createServeCommand = (): Command =>
  new Command('serve')
    .description('run the control plane with API and console, until it is asked to close')
    .option('--demo', 'fill a demo tenant and play simulated calls')
    .addHelpText(
      'after',
      `
Settings come from the environment:
  SWITCHYARD_DATA_DIR         where everything is kept
  SWITCHYARD_HOST, _PORT      webhooks (127.0.0.1, 8080)
  SWITCHYARD_ADMIN_HOST, _ADMIN_PORT  API and console (127.0.0.1, 8081)
  SWITCHYARD_ADMIN_ALLOWED_HOSTS  names besides localhost by which people reach it, with commas between
  SWITCHYARD_PUBLIC_URL       how Cloudonix reaches the webhooks
  SWITCHYARD_REDIS_URL        the Redis, or cluster, of several nodes that share the data directory
  SWITCHYARD_BOOTSTRAP_TOKEN  an owner's API token, made at the first start
  SWITCHYARD_MASTER_KEY       32 bytes as hex or base64, instead of a key file
  SWITCHYARD_LOG_LEVEL        debug, info, warn or error`,
    )
    .action((options: { demo?: boolean }) => runServer(options.demo ? { demo: true } : {}))
