import { describe, expect, it } from 'vitest'
import { createSession } from '../../../../renderer/client/session.ts'

const owner = { kind: 'session', name: 'owner', role: 'owner' }
const answering = (answer: () => Response) => createSession(async () => answer())

describe('a session', () => {
  it('is opened by a code', async () => {
    const session = answering(() => Response.json({ csrfToken: 'c', actor: owner }))
    expect(await session.signIn({ code: 'code' })).toEqual({ ok: true, value: owner })
    expect(session.state()).toEqual({ status: 'signed-in', csrfToken: 'c', actor: owner })
  })

  it('stays closed after a refused code', async () => {
    const session = answering(() =>
      Response.json({ error: { code: 'UNAUTHENTICATED', message: 'used' } }, { status: 401 }),
    )
    expect(await session.signIn({ code: 'code' })).toMatchObject({ ok: false, error: { message: 'used' } })
    expect(session.state()).toEqual({ status: 'unknown' })
  })

  it('tells an unreachable server from a missing session', async () => {
    const unreachable = createSession(() => Promise.reject(new TypeError('fetch')))
    expect(await unreachable.check()).toMatchObject({ status: 'unreachable' })
    expect(await answering(() => Response.json({}, { status: 401 })).check()).toEqual({ status: 'signed-out' })
  })

  it('is closed by signing out, even when the server is gone by then', async () => {
    let isGone = false
    const session = createSession(async () => {
      if (isGone) throw new TypeError('fetch')
      return Response.json({ csrfToken: 'c', actor: owner })
    })
    await session.check()
    isGone = true
    await session.signOut()
    expect(session.state()).toEqual({ status: 'signed-out' })
  })
})
