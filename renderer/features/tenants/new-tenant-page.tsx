import { Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { useClient, useRefresh } from '../../client/use-client.ts'
import { useTenants } from '../../entities/tenants.ts'
import { Notice } from '../../ui/notice.tsx'
import { checkDraft, inputOf, problemsOf, type Problems, type TenantDraft } from './tenant-form.ts'
import classes from './tenants.module.css'

const empty: TenantDraft = { name: '', domain: '', webhookApiKey: '' }

/** The first thing to do in an empty Switchyard, and later the way to add a domain. */
export const NewTenantPage = () => {
  const client = useClient()
  const navigate = useNavigate()
  const refresh = useRefresh()
  const isFirst = useTenants().data?.items.length === 0
  const [draft, setDraft] = useState(empty)
  const [problems, setProblems] = useState<Problems>({})
  const [isBusy, setBusy] = useState(false)

  const field = (name: keyof TenantDraft) => ({
    value: draft[name],
    error: problems[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
      setDraft({ ...draft, [name]: event.currentTarget.value })
      setProblems({ ...problems, [name]: undefined })
    },
  })

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    const found = checkDraft(draft)
    setProblems(found)
    if (Object.keys(found).length > 0) return
    setBusy(true)
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
    const reply = await client.invoke('tenants.create', inputOf(draft, timeZone))
    setBusy(false)
    if (!reply.ok) {
      setProblems(problemsOf(reply.error))
      return
    }
    refresh('tenants.list')
    notifications.show({ message: `Tenant ${reply.value.name} was created.` })
    await navigate({ to: '/t/$tenantId/connect', params: { tenantId: reply.value.id } })
  }

  return (
    <div className={classes.page}>
      <h1>{isFirst ? 'Create your first tenant' : 'New tenant'}</h1>
      <p className={classes.lead}>
        A tenant is one Cloudonix domain with its own agents, rules, keys and records. Nothing crosses from one tenant
        to another.
      </p>
      <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
        <TextInput label="Name" placeholder="Acme" maxLength={120} required data-autofocus {...field('name')} />
        <TextInput
          label="Cloudonix domain"
          placeholder="acme.cloudonix.net"
          description="As it is written in the Cloudonix cockpit."
          inputMode="url"
          spellCheck={false}
          required
          {...field('domain')}
        />
        <PasswordInput
          label="Webhook API key"
          description="What Cloudonix sends as Bearer: the domain’s profile key authorization-api-key. Can be set later."
          autoComplete="off"
          {...field('webhookApiKey')}
        />
        {problems.form ? (
          <Notice kind="error" title="The tenant was not created">
            {problems.form}
          </Notice>
        ) : undefined}
        <div className={classes.actions}>
          <Button type="submit" loading={isBusy}>
            Create tenant
          </Button>
        </div>
      </form>
    </div>
  )
}
