import { Empty } from '../../ui/empty.tsx'
import { LinkButton } from '../../ui/link-button.tsx'

export const NotFound = () => (
  <main>
    <Empty title="There is no such page" action={<LinkButton to="/">Go to the overview</LinkButton>}>
      <p>The address may be from another version of Switchyard, or mistyped.</p>
    </Empty>
  </main>
)
