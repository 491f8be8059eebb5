import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useStore } from 'zustand'
import { Ago } from '../../ui/time.tsx'
import { SettlingNumber } from '../../ui/settling-number.tsx'
import { useHealth, useSystemInfo } from '../../entities/health.ts'
import classes from './figures.module.css'
import type { OverviewStore } from './overview-store.ts'
import { addSample, formatRate, ratePerSecond, type Sample } from './rate.ts'

interface FigureProps {
  readonly label: string
  readonly value: number | undefined
  readonly note: React.ReactNode
  /** What the figure counts, in a sentence. */
  readonly meaning: string
  /** For a count that should be nought: what happened, in a few words, said in place of the note once it is more. */
  readonly alarm?: string
}

const Figure = ({ label, value, note, meaning, alarm }: FigureProps) => {
  const isAlarming = alarm !== undefined && (value ?? 0) > 0
  return (
    <div className={classes.figure} data-alarming={isAlarming} title={meaning}>
      <dt>{label}</dt>
      <dd>
        <span className={classes.value}>
          {isAlarming ? <IconAlertTriangle size={16} aria-hidden /> : undefined}
          {value === undefined ? '–' : <SettlingNumber value={value} />}
        </span>
        <span className={classes.note}>{isAlarming ? alarm : note}</span>
      </dd>
    </div>
  )
}

/** Voice requests per second, out of the counter as it is renewed. */
const useRate = (value: number | undefined, atMs: number): number | undefined => {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  if (value !== undefined && samples.at(-1)?.atMs !== atMs) {
    const next = addSample(samples, { atMs, value })
    if (next !== samples) setSamples(next)
  }
  return ratePerSecond(samples)
}

/** What the server counts, labelled as what it is: the whole server since its start, or this page since it was opened. */
export const Figures = ({ store }: { readonly store: OverviewStore }) => {
  const health = useHealth()
  const info = useSystemInfo()
  const openedAtMs = useStore(store, (state) => state.openedAtMs)
  const failovers = useStore(store, (state) => state.decisions.failoversSeen)
  const counters = health.data?.counters
  const rate = useRate(counters?.voiceRequests, health.dataUpdatedAt)
  const startedAtMs = info.data?.startedAtMs
  const sinceStart =
    startedAtMs === undefined ? (
      'since start'
    ) : (
      <>
        since start, <Ago atMs={startedAtMs} />
      </>
    )

  return (
    <dl className={classes.figures} aria-label="Figures">
      <Figure
        label="Live calls"
        value={counters?.activeCalls}
        note="all tenants"
        meaning="Calls going on right now, over all tenants of this server"
      />
      <Figure
        label="Voice requests"
        value={counters?.voiceRequests}
        note={rate === undefined ? sinceStart : `${formatRate(rate)} per second now`}
        meaning="Voice requests that Cloudonix has sent since the server started, over all tenants"
      />
      <Figure
        label="Failovers seen"
        value={failovers}
        note={
          <>
            page opened <Ago atMs={openedAtMs} />
          </>
        }
        meaning="Decisions that sent a call on after a failed attempt, seen while this page was open, for this tenant"
      />
      <Figure
        label="Faults"
        value={counters?.faults}
        note={sinceStart}
        meaning="Webhooks that hit a fault inside Switchyard; such calls went to the emergency target"
        alarm="emergency target used"
      />
      <Figure
        label="Undurable answers"
        value={counters?.undurableAnswers}
        note={sinceStart}
        meaning="Answered in time, but the decision reached the disk over 25 ms later; a crash in between would have lost it"
        alarm="on disk over 25 ms late"
      />
      <Figure
        label="Write backlog"
        value={counters?.writeBacklog}
        note="waiting for the disk"
        meaning="Writes that wait for the store; it should return to nought by itself"
      />
    </dl>
  )
}
