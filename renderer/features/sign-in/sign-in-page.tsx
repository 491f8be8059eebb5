import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconRouteSquare } from '@tabler/icons-react'
import { useState, type ReactNode, type SyntheticEvent } from 'react'
import type { Credential } from '../../client/session.ts'
import { useClient, useSession } from '../../client/use-client.ts'
import { codeOf } from './code-of.ts'
import classes from './sign-in.module.css'

interface Problem {
  readonly code: string
  readonly message: string
}

/** Signs in, and keeps what went wrong until something is typed. */
const useSignIn = (failure: string | undefined, explain: (problem: Problem) => string) => {
  const { session } = useClient()
  const [problem, setProblem] = useState(failure)
  const [isBusy, setBusy] = useState(false)
  const signIn = async (credential: Credential): Promise<void> => {
    setBusy(true)
    const reply = await session?.signIn(credential)
    setBusy(false)
    if (reply && !reply.ok) setProblem(explain(reply.error))
  }
  return { problem, setProblem, isBusy, signIn }
}

const LinkForm = ({ failure }: { readonly failure: string | undefined }) => {
  const { problem, setProblem, isBusy, signIn } = useSignIn(failure, signInProblem)
  const [text, setText] = useState('')

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    const code = codeOf(text)
    if (code === undefined) setProblem('Paste the link that the server printed, or the code at its end.')
    else void signIn({ code })
  }

  return (
    <>
      <p className={classes.quiet}>
        Open the one-time link that was printed when the server started, or that an owner made for you. It works once.
        For a new one, run this where the server runs:
      </p>
      <pre className={classes.command}>npx switchyard sign-in-link</pre>
      <form onSubmit={submit} className={classes.form}>
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
    </>
  )
}

const PasswordForm = ({ failure }: { readonly failure: string | undefined }) => {
  const { problem, setProblem, isBusy, signIn } = useSignIn(failure, ({ message }) => message)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    if (email.trim() === '' || password === '') setProblem('Enter your e-mail address and your password.')
    else void signIn({ email, password })
  }

  return (
    <form onSubmit={submit} className={classes.form}>
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="username"
        value={email}
        onChange={(event) => {
          setEmail(event.currentTarget.value)
          setProblem(undefined)
        }}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        value={password}
        error={problem}
        onChange={(event) => {
          setPassword(event.currentTarget.value)
          setProblem(undefined)
        }}
      />
      <Button type="submit" loading={isBusy}>
        Sign in
      </Button>
    </form>
  )
}

const ways = {
  link: { form: LinkForm, other: 'password', offer: 'Use e-mail address and password instead' },
  password: { form: PasswordForm, other: 'link', offer: 'Use a link instead' },
} as const satisfies Record<
  string,
  { form: (props: { failure: string | undefined }) => ReactNode; other: string; offer: string }
>

/** Where somebody without a session ends up. The way that was taken last in this browser comes first. */
export const SignInPage = ({ failure }: { readonly failure: string | undefined }) => {
  const state = useSession()
  const [way, setWay] = useLocalStorage<keyof typeof ways>({
    key: 'switchyard-sign-in',
    defaultValue: 'link',
    getInitialValueInEffect: false,
  })
  // Whoever came by a link that failed reads why, whatever they did the last time.
  const [hasFailed, setFailed] = useState(failure !== undefined)
  const { form: Form, other, offer } = ways[hasFailed || way !== 'password' ? 'link' : 'password']

  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <IconRouteSquare size={28} className={classes.mark} aria-hidden />
        <h1>Sign in to Switchyard</h1>
        {state.status === 'signed-out' && state.reason ? <p>{state.reason}</p> : undefined}
        <Form failure={failure} />
        <Button
          variant="subtle"
          onClick={() => {
            setFailed(false)
            setWay(other)
          }}
        >
          {offer}
        </Button>
      </div>
    </main>
  )
}

export const signInProblem = ({ code, message }: Problem): string =>
  code === 'UNAUTHENTICATED' || code === 'INVALID_INPUT' || code === 'NOT_FOUND'
    ? 'This link was used before, is too old, or is not complete. Run “npx switchyard sign-in-link” for a new one.'
    : message
