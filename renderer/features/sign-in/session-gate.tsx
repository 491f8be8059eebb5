import { Button } from '@mantine/core'
import { useEffect, type ReactNode } from 'react'
import { useClient, useSession } from '../../client/use-client.ts'
import { Notice } from '../../ui/notice.tsx'
import { SignInPage } from './sign-in-page.tsx'
import classes from './sign-in.module.css'

const retryMs = 3000

/** Lets those in who are signed in; tells the others what to do. */
export const SessionGate = ({
  failure,
  children,
}: {
  readonly failure?: string | undefined
  readonly children: ReactNode
}) => {
  const { session } = useClient()
  const state = useSession()

  useEffect(() => {
    if (state.status === 'unknown') void session?.check()
    if (state.status !== 'unreachable') return undefined
    const timer = setTimeout(() => void session?.check(), retryMs)
    return () => clearTimeout(timer)
  }, [session, state])

  switch (state.status) {
    case 'signed-in':
      return children
    case 'signed-out':
      return <SignInPage failure={failure} />
    case 'unreachable':
      return (
        <main className={classes.page}>
          <Notice
            kind="error"
            title="Switchyard cannot be reached"
            action={
              <Button variant="default" onClick={() => void session?.check()}>
                Try now
              </Button>
            }
          >
            {state.failure.message} This page tries again by itself.
          </Notice>
        </main>
      )
    case 'unknown':
      return undefined
  }
}
