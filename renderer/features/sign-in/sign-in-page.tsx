import { Button, TextInput } from '@mantine/core'
import { IconRouteSquare } from '@tabler/icons-react'
import { useState, type SyntheticEvent } from 'react'
import { useClient, useSession } from '../../client/use-client.ts'
import { codeOf } from './code-of.ts'
import classes from './sign-in.module.css'

/** Where somebody without a session ends up: how to get a link, or the code by hand. */
export const SignInPage = ({ failure }: { readonly failure: string | undefined }) => {
  const { session } = useClient()
  const state = useSession()
  const [text, setText] = useState('')
  const [problem, setProblem] = useState(failure)
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    const code = codeOf(text)
    if (code === undefined) {
      setProblem('Paste the link that the server printed, or the code at its end.')
      return
    }
    setBusy(true)
    const reply = await session?.signIn(code)
    setBusy(false)
    if (reply && !reply.ok) setProblem(signInProblem(reply.error))
  }

  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <IconRouteSquare size={28} className={classes.mark} aria-hidden />
        <h1>Sign in to Switchyard</h1>
        {state.status === 'signed-out' && state.reason ? <p>{state.reason}</p> : undefined}
        <p className={classes.quiet}>
          Open the one-time link that was printed when the server started. It works once. For a new one, run this where
          the server runs:
        </p>
        <pre className={classes.command}>npx switchyard sign-in-link</pre>
        <form onSubmit={(event) => void submit(event)} className={classes.form}>
          <TextInput
            label="Link or code"
            placeholder="Paste it here"
            autoComplete="one-time-code"
            spellCheck={false}
            value={text}
            error={problem}
            onChange={(event) => {
              setText(event.currentTarget.value)
              setProblem(undefined)
            }}
          />
          <Button type="submit" loading={isBusy}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  )
}

export const signInProblem = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  code === 'UNAUTHENTICATED' || code === 'INVALID_INPUT' || code === 'NOT_FOUND'
    ? 'This link was used before, is too old, or is not complete. Run “npx switchyard sign-in-link” for a new one.'
    : message
