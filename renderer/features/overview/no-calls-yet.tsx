import { Empty } from '../../ui/empty.tsx'
import { LinkButton } from '../../ui/link-button.tsx'

export const NoCallsYet = ({ tenantId }: { readonly tenantId: string }) => (
  <Empty
    title="No call has arrived yet"
    action={
      <LinkButton to="/t/$tenantId/connect" params={{ tenantId }}>
        Connect Cloudonix
      </LinkButton>
    }
  >
    <p>
      Calls of this tenant show up here the moment Cloudonix asks what to do with them, each with the reason for its
      route.
    </p>
    <p>
      To see it at work without a single real call, run <code>switchyard simulate</code> beside this server, or start
      one with made-up calls: <code>npm start -- --demo</code>
    </p>
  </Empty>
)
