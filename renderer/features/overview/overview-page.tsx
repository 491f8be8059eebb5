import { Button } from '@mantine/core'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect } from 'react'
import { useStore } from 'zustand'
import { useOperation } from '../../client/use-client.ts'
import { useHealth } from '../../entities/health.ts'
import { hasModifier, isTyping } from '../../ui/keyboard.ts'
import { focusFirstRow } from '../../ui/list-keys.ts'
import { Notice } from '../../ui/notice.tsx'
import { Ago } from '../../ui/time.tsx'
import { CallPanel } from './call-panel.tsx'
import { DecisionsList } from './decisions-list.tsx'
import { Figures } from './figures.tsx'
import { LiveCallsList } from './live-calls-list.tsx'
import { NoCallsYet } from './no-calls-yet.tsx'
import classes from './overview.module.css'
import { useOverview } from './use-overview.ts'

const route = getRouteApi('/console/t/$tenantId/overview')

/** j, k and the arrows enter the list when the focus is nowhere in particular; `/` goes to the filter. */
const usePageKeys = (): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || hasModifier(event) || isTyping(event.target)) return
      if (event.key === '/') {
        event.preventDefault()
        document.querySelector<HTMLElement>('[data-filter]')?.focus()
      } else if (['j', 'k', 'ArrowDown', 'ArrowUp'].includes(event.key) && document.activeElement === document.body) {
        event.preventDefault()
        focusFirstRow()
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

const Problems = () => {
  const health = useHealth()
  const problems = health.data?.problems ?? []
  if (problems.length === 0) return undefined
  return (
    <div className={classes.notices}>
      {problems.map((problem) => (
        <Notice key={problem.part} kind="warning" title={`Degraded: ${problem.part}`}>
          {problem.message} Since <Ago atMs={problem.sinceMs} />.
        </Notice>
      ))}
    </div>
  )
}

const OverviewOf = ({ tenantId }: { readonly tenantId: string }) => {
  const store = useOverview(tenantId)
  const navigate = useNavigate()
  const search = route.useSearch()
  const records = useOperation('calls.list', { tenantId, limit: 1 })
  const news = useStore(
    store,
    ({ decisions }) => decisions.rows.find((row) => row.decision.id === search.decision)?.decision,
  )
  usePageKeys()

  const open = useCallback(
    (call: string | undefined, decision: string | undefined) =>
      void navigate({ to: '.', search: (before) => ({ ...before, call, decision }), replace: true }),
    [navigate],
  )
  const openCall = useCallback((callId: string) => open(callId, undefined), [open])
  const filter = (text: string) =>
    void navigate({ to: '.', search: (before) => ({ ...before, q: text === '' ? undefined : text }), replace: true })

  const hasNoCalls = records.data?.items.length === 0
  return (
    <div className={classes.page}>
      <div className={classes.title}>
        <h1>Overview</h1>
      </div>
      <Problems />
      {records.isError ? (
        <div className={classes.notices}>
          <Notice
            kind="error"
            title="The calls could not be read"
            action={
              <Button variant="default" onClick={() => void records.refetch()}>
                Try again
              </Button>
            }
          >
            {records.error.message}
          </Notice>
        </div>
      ) : undefined}
      <Figures store={store} />
      <div className={classes.columns}>
        <LiveCallsList
          store={store}
          filter={search.q ?? ''}
          onFilter={filter}
          openCallId={search.call}
          onOpen={openCall}
          empty={
            hasNoCalls ? (
              <NoCallsYet tenantId={tenantId} />
            ) : (
              <p className={classes.none}>No call is going on right now.</p>
            )
          }
        />
        <DecisionsList store={store} openDecisionId={search.decision} onOpen={open} />
      </div>
      {search.call === undefined ? undefined : (
        <CallPanel
          tenantId={tenantId}
          callId={search.call}
          decisionId={search.decision}
          news={news}
          onClose={() => open(undefined, undefined)}
        />
      )}
    </div>
  )
}

/** What happens right now, and why. */
export const OverviewPage = () => {
  const { tenantId } = route.useParams()
  return <OverviewOf key={tenantId} tenantId={tenantId} />
}
