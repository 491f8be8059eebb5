import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router'
import type { ConsoleClient } from './client/console-client.ts'
import { Frame } from './features/frame/frame.tsx'
import { NotFound } from './features/frame/not-found.tsx'
import { OverviewPage } from './features/overview/overview-page.tsx'
import { SessionGate } from './features/sign-in/session-gate.tsx'
import { signInProblem } from './features/sign-in/sign-in-page.tsx'
import { ConnectPage } from './features/tenants/connect-page.tsx'
import { Home } from './features/tenants/home.tsx'
import { NewTenantPage } from './features/tenants/new-tenant-page.tsx'

interface RouterContext {
  readonly client: ConsoleClient
}

const text = (value: unknown): string | undefined => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet, notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: 'sign-in',
  validateSearch: (search: Record<string, unknown>): { code?: string | undefined; failure?: string | undefined } => ({
    code: text(search.code),
    failure: text(search.failure),
  }),
  // A code works once, so it is traded here and not in a component, which React may mount twice. Either way it leaves the address.
  beforeLoad: async ({ context: { client }, search: { code } }) => {
    if (code === undefined) return
    const reply = await client.session?.signIn({ code })
    const isRefused = reply && !reply.ok && client.session?.state().status !== 'signed-in'
    if (isRefused)
      redirect({ to: '/sign-in', search: { failure: signInProblem(reply.error) }, replace: true, throw: true })
    redirect({ to: '/', replace: true, throw: true })
  },
  component: function SignIn() {
    const { failure } = signIn.useSearch()
    return (
      <SessionGate failure={failure}>
        <Home />
      </SessionGate>
    )
  },
})

const consoleRoute = createRoute({
  getParentRoute: () => root,
  id: 'console',
  component: () => (
    <SessionGate>
      <Frame />
    </SessionGate>
  ),
})

const home = createRoute({ getParentRoute: () => consoleRoute, path: '/', component: Home })
const newTenant = createRoute({ getParentRoute: () => consoleRoute, path: 'tenants/new', component: NewTenantPage })
const connect = createRoute({ getParentRoute: () => consoleRoute, path: 't/$tenantId/connect', component: ConnectPage })
const overview = createRoute({
  getParentRoute: () => consoleRoute,
  path: 't/$tenantId/overview',
  // Filter, open call and open decision are in the address: a link shows a colleague the same thing.
  validateSearch: (
    search: Record<string, unknown>,
  ): { q?: string | undefined; call?: string | undefined; decision?: string | undefined } => ({
    q: text(search.q),
    call: text(search.call),
    decision: text(search.decision),
  }),
  component: OverviewPage,
})

const routeTree = root.addChildren([signIn, consoleRoute.addChildren([home, newTenant, connect, overview])])

/** Addresses live in the hash: the same files are loaded from a folder in the desktop app and over HTTP in a browser. */
export const createConsoleRouter = (client: ConsoleClient) =>
  createRouter({
    routeTree,
    history: createHashHistory(),
    context: { client },
    // What is searched for stands in the address as it was typed, not as JSON.
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(JSON.stringify),
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
