import { createCloudonixClient } from '../adapters/cloudonix/cloudonix-client.ts'
import type { Base } from './base.ts'

const usualUrl = 'https://api.cloudonix.io'

export const createCloudonix = ({ config, store, clock, wait, chance, log }: Base) =>
  createCloudonixClient({
    baseUrl: config.cloudonixUrl ?? usualUrl,
    budget: store.requestBudget,
    clock,
    wait,
    random: chance,
    log,
  })
