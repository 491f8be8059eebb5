import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import type { ConsoleClient } from './client/console-client.ts'
import { ClientContext } from './client/use-client.ts'
import type { createConsoleRouter } from './router.tsx'
import { theme } from './ui/theme.ts'

interface AppProps {
  readonly client: ConsoleClient
  readonly queryClient: QueryClient
  readonly router: ReturnType<typeof createConsoleRouter>
}

/** Variables and classes come from style sheets: the security policy lets no component write its own. */
export const App = ({ client, queryClient, router }: AppProps) => (
  <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
    <ClientContext value={client}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Notifications position="bottom-right" />
      </QueryClientProvider>
    </ClientContext>
  </MantineProvider>
)
