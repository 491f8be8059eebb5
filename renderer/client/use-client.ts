import { useQuery, useQueryClient, type QueryClient, type UseQueryResult } from '@tanstack/react-query'
import { createContext, use, useEffect, useSyncExternalStore } from 'react'
import type { EventName, EventPayload } from '../../shared/contract/events.ts'
import type { Input, OperationName, Output } from '../../shared/contract/index.ts'
import type { Connection, ConsoleClient } from './console-client.ts'
import { unwrap } from './operation-error.ts'
import type { SessionState } from './session.ts'

export const ClientContext = createContext<ConsoleClient | undefined>(undefined)

export const useClient = (): ConsoleClient => {
  const client = use(ClientContext)
  if (!client) throw new Error('useClient needs a ClientContext around it')
  return client
}

export interface ReadOptions {
  readonly enabled?: boolean
  readonly refetchInterval?: number
  readonly staleTime?: number
}

/** What an operation answers, kept and shared under its name and input. */
export const useOperation = <N extends OperationName>(
  name: N,
  input: Input<N>,
  options: ReadOptions = {},
): UseQueryResult<Output<N>> => {
  const client = useClient()
  return useQuery<Output<N>>({
    queryKey: [name, input],
    queryFn: async () => unwrap(await client.invoke(name, input)),
    ...options,
  })
}

/** Reads again whatever an operation has answered so far. */
const refresh = (queryClient: QueryClient, ...names: readonly OperationName[]): void => {
  for (const name of names) void queryClient.invalidateQueries({ queryKey: [name] })
}

export const useRefresh = () => {
  const queryClient = useQueryClient()
  return (...names: readonly OperationName[]) => refresh(queryClient, ...names)
}

/** Calls the listener for each event of that name. The listener should keep its identity. */
export const useControlPlaneEvent = <N extends EventName>(
  name: N,
  listener: (payload: EventPayload<N>) => void,
): void => {
  const client = useClient()
  useEffect(() => client.on(name, listener), [client, name, listener])
}

export const useConnection = (): Connection => {
  const client = useClient()
  return useSyncExternalStore(
    (changed) => client.onConnection(() => changed()),
    () => client.connection(),
  )
}

const localOwner: SessionState = {
  status: 'signed-in',
  actor: { kind: 'local', name: 'Local owner', role: 'owner' },
  csrfToken: '',
}

export const useSession = (): SessionState => {
  const { session } = useClient()
  return useSyncExternalStore(
    (changed) => session?.watch(() => changed()) ?? (() => undefined),
    () => session?.state() ?? localOwner,
  )
}
