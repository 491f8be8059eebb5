import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './ui/theme.css'
import { QueryClient } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { createClient } from './client/index.ts'
import { OperationError } from './client/operation-error.ts'
import { keepQueriesLive } from './live-queries.ts'
import { createConsoleRouter } from './router.tsx'

const client = createClient()
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // A refusal stays one; only a server that did not answer is asked again.
      retry: (count, error) => count < 2 && error instanceof OperationError && error.failure.code === 'UNAVAILABLE',
      // Over loopback and IPC the browser's idea of being offline means nothing.
      networkMode: 'always',
    },
  },
})
keepQueriesLive(client, queryClient)

const element = document.getElementById('root')
if (!element) throw new Error('index.html has no element with the id root')
createRoot(element).render(
  <StrictMode>
    <App client={client} queryClient={queryClient} router={createConsoleRouter(client)} />
  </StrictMode>,
)
