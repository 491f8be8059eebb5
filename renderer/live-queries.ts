import type { QueryClient } from '@tanstack/react-query'
import type { ConsoleClient } from './client/console-client.ts'

/** Keeps what was read true: the health comes with the stream, and after a gap in it everything is read anew. */
export const keepQueriesLive = (client: ConsoleClient, queryClient: QueryClient): void => {
  client.on('metrics.updated', ({ health }) => queryClient.setQueryData(['system.health', {}], health))
  client.onResync(() => void queryClient.invalidateQueries())
  let wasLost = false
  client.onConnection((state) => {
    if (state === 'reconnecting') wasLost = true
    if (state !== 'live' || !wasLost) return
    wasLost = false
    void queryClient.invalidateQueries()
  })
  // What one person has read must not greet the next one.
  client.session?.watch((session) => {
    if (session.status === 'signed-out') queryClient.clear()
  })
}
