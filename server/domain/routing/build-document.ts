import { hangup, reject, type CxmlDocument, type DialNoun } from '../cxml/verbs.ts'
import type { RoutableAgent, RoutingConfig } from './routing-config.ts'
import type { Routing } from './routing.ts'

/** A digest needs both halves. */
const credentials = ({ username, password }: RoutableAgent): { username?: string; password?: string } =>
  username && password ? { username, password } : {}

const nounFor = (config: RoutingConfig, agent: RoutableAgent): DialNoun =>
  config.providers.get(agent.provider)?.dialAs === 'sip'
    ? { noun: 'Sip', uri: agent.value, ...credentials(agent) }
    : { noun: 'Service', provider: agent.provider, number: agent.value, ...credentials(agent) }

/** Whether an answer dials somebody, so that a result will come back. */
export const isDialled = (routing: Routing): boolean => routing.agent !== undefined || routing.target.type === 'number'

/** The answer to a decision. `action` is where the platform reports the result of a dial to. */
export const buildDocument = (config: RoutingConfig, routing: Routing, token: string, action: string): CxmlDocument => {
  const { agent, target, trunk, trunkPlan } = routing
  const dial = {
    verb: 'Dial' as const,
    timeoutSeconds: routing.ringTimeoutSeconds,
    timeLimitSeconds: config.timeLimitSeconds,
    action,
  }
  if (agent) {
    if (config.providers.get(agent.provider)?.dialAs === 'stream') {
      // Connect has no documented action: when the stream ends, the redirect reports it.
      return [
        { verb: 'Connect', streamUrl: agent.value, parameters: { session: token } },
        { verb: 'Redirect', url: action },
      ]
    }
    return [{ ...dial, to: nounFor(config, agent) }]
  }
  switch (target.type) {
    case 'number':
      return [
        {
          ...dial,
          ...(trunk && { trunks: [trunk.name] }),
          ...(trunkPlan?.callerId !== undefined && { callerId: trunkPlan.callerId }),
          to: { noun: 'Number', number: target.value },
        },
      ]
    case 'message':
      return [{ verb: 'Say', text: target.value, language: config.sayLanguage }, { verb: 'Hangup' }]
    case 'reject':
      return reject(target.value)
    default:
      return hangup
  }
}
