import { Command } from 'commander'
import { changeMasterKey, newKeyVariable } from '../../index.ts'
import { readConfig } from '../read-config.ts'

const said = {
  'key file':
    'The key file of the data directory holds a new master key. The one of before opens no database but older copies of it.',
  environment: 'The new master key opens the database. Set SWITCHYARD_MASTER_KEY to it before the next start.',
} as const

export const createKeyCommand = (): Command => {
  const key = new Command('key').description('the master key, which opens the keys of all tenants')
  key
    .command('rotate')
    .description(`put a new master key in place; one of the environment is named by ${newKeyVariable}`)
    .action(async () => {
      console.log(said[await changeMasterKey(readConfig(process.env), process.env[newKeyVariable])])
    })
  return key
}
