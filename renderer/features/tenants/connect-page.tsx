import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useClient, useOperation } from '../../client/use-client.ts'
import { useTenant } from '../../entities/tenants.ts'
import { CopyText } from '../../ui/copy-text.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { endpointLines } from './endpoint-lines.ts'
import classes from './tenants.module.css'

const route = getRouteApi('/console/t/$tenantId/connect')

const Next = ({ isBrowser }: { readonly isBrowser: boolean }) => (
  <section>
    <h2>What comes next</h2>
    <ol className={classes.steps}>
      <li>Add your voice agents, put them into a group, and give the group a strategy.</li>
      <li>Add an inbound rule that sends a number, a prefix or everything to that group.</li>
      <li>Call. The overview shows the call, and why it went where it went.</li>
    </ol>
    <p className={classes.lead}>
      {isBrowser ? (
        <>
          The first two are done over the REST API: the <a href="/docs">API reference</a> has every operation, ready to
          try.
        </>
      ) : (
        <>
          The first two are done over the REST API; the address printed at the server’s start leads to its reference at
          /docs.
        </>
      )}
    </p>
  </section>
)

/** What to enter at Cloudonix so that its calls come here. */
export const ConnectPage = () => {
  const { tenantId } = route.useParams()
  const client = useClient()
  const tenant = useTenant(tenantId)
  const endpoints = useOperation('tenants.endpoints', { tenantId })

  return (
    <div className={classes.page}>
      <h1>Connect Cloudonix{tenant ? ` to ${tenant.name}` : ''}</h1>
      <p className={classes.lead}>
        Enter these URLs at Cloudonix for {tenant ? <strong>{tenant.domain}</strong> : 'this domain'}. They hold the
        tenant’s secret key: treat them like a password.
      </p>
      {endpoints.isError ? (
        <Notice
          kind="error"
          title="The URLs could not be read"
          action={
            <Button variant="default" onClick={() => void endpoints.refetch()}>
              Try again
            </Button>
          }
        >
          {endpoints.error.message}
        </Notice>
      ) : undefined}
      {endpoints.data && endpoints.data.base === undefined ? (
        <Notice kind="warning" title="The public address is not set">
          Cloudonix has to reach this server from outside. Set <code>SWITCHYARD_PUBLIC_URL</code> to its public https
          address and restart; until then only the paths are known.
        </Notice>
      ) : undefined}
      {endpoints.data ? (
        <dl className={classes.endpoints}>
          {endpointLines(endpoints.data).map((line) => (
            <div key={line.label}>
              <dt>
                {line.label} <span className={classes.quiet}>{line.where}</span>
              </dt>
              <dd>
                <code>{line.value}</code>
                <CopyText value={line.value} label={`Copy the URL for: ${line.label}`} />
              </dd>
            </div>
          ))}
        </dl>
      ) : undefined}
      <Next isBrowser={client.session !== undefined} />
      <div className={classes.actions}>
        <LinkButton to="/t/$tenantId/overview" params={{ tenantId }}>
          Go to the overview
        </LinkButton>
      </div>
    </div>
  )
}
