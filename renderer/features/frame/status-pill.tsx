import { Button, Popover } from '@mantine/core'
import { IconAlertTriangle, IconCircleFilled, IconLoader2, IconPlugConnectedX } from '@tabler/icons-react'
import { useState } from 'react'
import type { SystemHealth } from '../../../shared/contract/system.ts'
import type { Connection } from '../../client/console-client.ts'
import { useClient, useConnection, useControlPlaneEvent, useRefresh } from '../../client/use-client.ts'
import { useHealth } from '../../entities/health.ts'
import { Ago, Elapsed } from '../../ui/time.tsx'
import classes from './frame.module.css'
import { describeStatus } from './describe-status.ts'

const icons = { live: IconCircleFilled, connecting: IconLoader2, degraded: IconAlertTriangle, lost: IconPlugConnectedX }
const tones = { live: 'live', connecting: 'quiet', degraded: 'waiting', lost: 'lost' }

const Details = ({
  connection,
  health,
}: {
  readonly connection: Connection
  readonly health: SystemHealth | undefined
}) => {
  const client = useClient()
  const kind = describeStatus(connection, health).kind
  if (kind === 'lost') {
    return (
      <>
        <p>
          No connection to Switchyard for <Elapsed sinceMs={connection.sinceMs} />
          {connection.reason ? `: ${connection.reason}` : ''}. What you see is from before.
        </p>
        <p className={classes.quiet}>
          This window tries again by itself. If the server still runs, calls are being routed all the same.
        </p>
        <Button variant="default" onClick={() => client.reconnect()}>
          Try now
        </Button>
      </>
    )
  }
  if (kind === 'connecting') return <p>Connecting to Switchyard.</p>
  if (kind === 'live') {
    return (
      <p>
        Changes show up as they happen, since <Ago atMs={connection.sinceMs} />. All parts work.
      </p>
    )
  }
  return (
    <>
      {health?.status === 'closing' ? <p>Switchyard is shutting down. Calls in flight finish first.</p> : undefined}
      {health?.problems.map((problem) => (
        <p key={problem.part}>
          <strong>{problem.part}</strong>: {problem.message}{' '}
          <span className={classes.quiet}>
            Since <Ago atMs={problem.sinceMs} />.
          </span>
        </p>
      ))}
    </>
  )
}

/** Live, reconnecting (since when) or degraded (what). */
export const StatusPill = () => {
  const connection = useConnection()
  const health = useHealth().data
  const refresh = useRefresh()
  const [onHealth] = useState(() => () => refresh('system.health'))
  useControlPlaneEvent('system.degraded', onHealth)
  useControlPlaneEvent('system.recovered', onHealth)

  const status = describeStatus(connection, health)
  const Icon = icons[status.kind]
  return (
    <Popover position="bottom-end" shadow="sm" width={360}>
      <Popover.Target>
        <button type="button" className={classes.pill} data-tone={tones[status.kind]}>
          <Icon size={status.kind === 'live' ? 8 : 14} aria-hidden />
          <span role="status">{status.word}</span>
          {status.kind === 'lost' ? <Elapsed sinceMs={connection.sinceMs} /> : undefined}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.popover}>
          <Details connection={connection} health={health} />
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
