import { Button, SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { IconArrowRight } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { CallDetail, CallRecord } from '../../../shared/contract/calls.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import { unwrap } from '../../client/operation-error.ts'
import { useClient } from '../../client/use-client.ts'
import { CallStateMark } from '../../entities/call-state-mark.tsx'
import { CallTimeline } from '../../entities/call-timeline.tsx'
import { dispositionWords, stateWords, viaWords } from '../../entities/call-words.ts'
import { DecisionExplanation } from '../../entities/decision-explanation.tsx'
import { triggerWords, type DecisionNews } from '../../entities/decision-words.ts'
import { PhoneNumber } from '../../entities/number.tsx'
import { CopyText } from '../../ui/copy-text.tsx'
import { formatXml } from '../../ui/format-xml.ts'
import { Notice } from '../../ui/notice.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Elapsed } from '../../ui/time.tsx'
import classes from './call-panel.module.css'

/** The call with its timeline, read again while it changes, twice a second at most. */
const useCallDetail = (tenantId: string, callId: string) => {
  const client = useClient()
  const queryClient = useQueryClient()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (id: string) => {
      if (id !== callId || timer !== undefined) return
      timer = setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ queryKey: ['calls.get', tenantId, callId] })
      }, 500)
    }
    // The state at once, so that panel and list agree; the timeline follows.
    const onCall = ({ call }: { readonly call: CallRecord }) => {
      if (call.id !== callId) return
      queryClient.setQueryData<CallDetail>(
        ['calls.get', tenantId, callId],
        (before) => before && { ...before, ...call },
      )
      again(call.id)
    }
    const unsubscribe = [
      client.on('call.stateChanged', onCall),
      client.on('call.ended', onCall),
      client.on('decision.made', (event) => again(event.callId)),
    ]
    return () => {
      clearTimeout(timer)
      for (const stop of unsubscribe) stop()
    }
  }, [client, queryClient, tenantId, callId])

  return useQuery({
    queryKey: ['calls.get', tenantId, callId],
    queryFn: async () => unwrap(await client.invoke('calls.get', { tenantId, id: callId })),
    placeholderData: keepPreviousData,
    // Webhooks that change no state tell no event, and belong on the timeline all the same.
    refetchInterval: ({ state: { data } }) => (data && !isTerminal(data.state) ? 3000 : false),
  })
}

const Header = ({ call }: { readonly call: CallDetail }) => {
  const via = viaWords(call)
  const ending = call.reason ?? (call.disposition === undefined ? undefined : dispositionWords[call.disposition])
  return (
    <>
      <h2 className={classes.route}>
        <PhoneNumber value={call.from} />
        <CopyText value={call.from} label="Copy the caller’s number" />
        <IconArrowRight size={16} aria-label="to" />
        <PhoneNumber value={call.to} />
        <CopyText value={call.to} label="Copy the called number" />
      </h2>
      <p className={classes.facts}>
        <CallStateMark state={call.state} />
        <Elapsed sinceMs={call.startedAtMs} untilMs={call.endedAtMs} />
        {via ? <span>via {via}</span> : undefined}
        {ending === undefined || ending === stateWords[call.state] ? undefined : <span>{ending}</span>}
      </p>
    </>
  )
}

const Document = ({ cxml }: { readonly cxml: string }) => (
  <section className={classes.section}>
    <h3>
      Document sent <CopyText value={cxml} label="Copy the document" />
    </h3>
    <pre className={classes.document}>{formatXml(cxml)}</pre>
  </section>
)

interface DecisionsProps {
  readonly decisions: readonly DecisionNews[]
  readonly chosenId: string | undefined
  readonly onChoose: (id: string) => void
}

const Decisions = ({ decisions, chosenId, onChoose }: DecisionsProps) => {
  const chosen = decisions.find((decision) => decision.id === chosenId) ?? decisions.at(-1)
  if (!chosen) return <p className={classes.none}>No decision was made for this call.</p>
  return (
    <>
      <section className={classes.section}>
        <h3>Why</h3>
        {decisions.length > 1 ? (
          <SegmentedControl
            size="xs"
            className={classes.tabs}
            aria-label="Decision"
            value={chosen.id}
            onChange={onChoose}
            data={decisions.map((decision, index) => ({
              value: decision.id,
              label: `${index + 1} · ${triggerWords(decision, index)}`,
            }))}
          />
        ) : undefined}
        <DecisionExplanation decision={chosen} />
      </section>
      {chosen.cxml ? <Document cxml={chosen.cxml} /> : undefined}
    </>
  )
}

interface CallPanelProps {
  readonly tenantId: string
  readonly callId: string
  /** Opened from a decision: that one first. Otherwise the last. */
  readonly decisionId: string | undefined
  /** The decision as the event brought it, to show at once. */
  readonly news: DecisionNews | undefined
  readonly onClose: () => void
}

/** Why a call went where it went, and everything that happened in it. */
export const CallPanel = ({ tenantId, callId, decisionId, news, onClose }: CallPanelProps) => {
  const detail = useCallDetail(tenantId, callId)
  const [choice, setChoice] = useState<{ readonly of: string | undefined; readonly id: string }>()
  const chosenId = choice && choice.of === (decisionId ?? callId) ? choice.id : decisionId
  // While another call is being read, the one before stays on screen rather than nothing.
  const call = detail.data

  return (
    <SidePanel
      label="Call"
      header={call ? <Header call={call} /> : <h2 className={classes.route}>Call</h2>}
      onClose={onClose}
    >
      {detail.isError ? (
        <Notice
          kind="error"
          title="This call could not be read"
          action={
            <Button variant="default" onClick={() => void detail.refetch()}>
              Try again
            </Button>
          }
        >
          {detail.error.message}
        </Notice>
      ) : undefined}
      {call && !detail.isError ? (
        <>
          <Decisions
            decisions={call.decisions}
            chosenId={chosenId}
            onChoose={(id) => setChoice({ of: decisionId ?? callId, id })}
          />
          <section className={classes.section}>
            <h3>Timeline</h3>
            <CallTimeline call={call} />
          </section>
        </>
      ) : undefined}
      {!call && news ? <DecisionExplanation decision={news} /> : undefined}
    </SidePanel>
  )
}
