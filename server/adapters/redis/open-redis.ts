import type { NodeRegister } from '../../ports/node-register.ts'
import type { RuntimeState } from '../../ports/runtime-state.ts'
import { createAnswerSeal } from './answer-seal.ts'
import { openNodeChannel, type NodeChannel, type NodeMessage } from './node-channel.ts'
import { joinNodes } from './nodes.ts'
import { connectRedis } from './redis-client.ts'
import { createRemoteState } from './remote-state.ts'
import { createSharedRuntimeState, type SharedStateParts } from './shared-runtime-state.ts'

export interface SharedRedis {
  readonly runtime: RuntimeState
  readonly channel: Pick<NodeChannel, 'publish' | 'tellGap'>
  close(): Promise<void>
}

/** Joins the nodes that share the Redis or the Redis Cluster at `url`. Resolves also when it is not there: the node then routes by itself. */
export const openRedis = async ({
  url,
  site,
  secret,
  onMessage,
  onGap,
  register,
  onUnfit,
  ...parts
}: Omit<SharedStateParts, 'client' | 'remote' | 'nodes'> & {
  readonly url: string
  /** The installation, whose nodes share what others at the same Redis do not. */
  readonly site: string
  /** 32 bytes, the same on all nodes. */
  /** 32 bytes, the same on all nodes: what lies in Redis is sealed by keys made of it. */
  readonly secret: Uint8Array
  readonly onMessage: (message: NodeMessage) => void
  readonly onGap: () => void
  readonly register: NodeRegister
  /** What of the settings of Redis is to be corrected though it can be used; undefined when it was. */
  readonly onUnfit: (problem: string | undefined) => void
}): Promise<SharedRedis> => {
  const nodeId = parts.newId()
  const client = connectRedis(url)
  const nodes = joinNodes({ client, register, site, nodeId, log: parts.log, onUnfit })
  const remote = createRemoteState(client, site, createAnswerSeal(secret), parts.newId, parts.log)
  const runtime = await createSharedRuntimeState({ ...parts, client, nodes, remote })
  const channel = await openNodeChannel({ client, site, nodeId, onMessage, onGap, log: parts.log })
  return {
    runtime,
    channel,
    async close() {
      await channel.close()
      await runtime.close()
    },
  }
}
