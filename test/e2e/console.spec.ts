import { expect, expectAccessible, test } from '../support/console/console-test.ts'
import { consolePage } from './pages/console-page.ts'

test.describe('the console of a running server', () => {
  test('signs in by the link once, and the code leaves the address', async ({ page, browser, startServer }) => {
    const { signInLink } = await startServer()
    await page.goto(signInLink)
    await expect(page.getByRole('heading', { name: 'Create your first tenant' })).toBeVisible()
    expect(page.url()).not.toContain('code=')

    const other = await browser.newContext()
    const stranger = await other.newPage()
    await stranger.goto(signInLink)
    await expect(stranger.getByText('This link was used before')).toBeVisible()
    expect(stranger.url()).not.toContain('code=')
    await other.close()
  })

  test('keeps the session over a reload, until signed out', async ({ page, startServer }) => {
    const { signInLink, admin } = await startServer()
    const room = consolePage(page)
    await page.goto(signInLink)
    await expect(room.heading('Create your first tenant')).toBeVisible()
    await page.reload()
    await expect(room.heading('Create your first tenant')).toBeVisible()
    await room.signOut()
    await expect(room.heading('Sign in to Switchyard')).toBeVisible()
    await page.goto(admin)
    await expect(room.heading('Sign in to Switchyard')).toBeVisible()
    await expectAccessible(page)
  })

  test('lets a user choose a password after a link, and sign in with it', async ({ page, browser, startServer }) => {
    const { signInLink, admin } = await startServer()
    const room = consolePage(page)
    await page.goto(signInLink)
    await expect(room.heading('Create your first tenant')).toBeVisible()
    // The screens for users come with the settings; the API is there.
    const path = await page.evaluate(async () => {
      const { csrfToken } = (await (await fetch('/api/v1/session')).json()) as { csrfToken: string }
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrfToken }
      const post = async (url: string, body: unknown) =>
        (await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as Record<
          string,
          string
        >
      const { id } = await post('/api/v1/users', { email: 'ada@example.com', name: 'Ada', role: 'owner' })
      return (await post(`/api/v1/users/${id}/sign-in-link`, {}))['path']
    })
    const context = await browser.newContext()
    const ada = await context.newPage()
    const herRoom = consolePage(ada)
    await ada.goto(`${admin}${path}`)
    await expect(herRoom.heading('Create your first tenant')).toBeVisible()
    await ada.evaluate(async () => {
      const { csrfToken } = (await (await fetch('/api/v1/session')).json()) as { csrfToken: string }
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrfToken }
      const body = JSON.stringify({ password: 'correct horse battery' })
      await fetch('/api/v1/account/password', { method: 'POST', headers, body })
    })
    await herRoom.signOut()
    await ada.getByRole('button', { name: 'Use e-mail address and password instead' }).click()
    await ada.getByRole('button', { name: 'Sign in' }).click()
    await expect(ada.getByText('Enter your e-mail address and your password.')).toBeVisible()
    await expectAccessible(ada)
    await ada.getByLabel('E-mail address').fill('ADA@example.com')
    await ada.getByLabel('Password', { exact: true }).fill('wrong horse battery')
    await ada.getByRole('button', { name: 'Sign in' }).click()
    await expect(ada.getByText('The e-mail address or the password is wrong.')).toBeVisible()
    await ada.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await ada.keyboard.press('Enter')
    await expect(herRoom.heading('Create your first tenant')).toBeVisible()
    await herRoom.signOut()
    await expect(ada.getByLabel('E-mail address')).toBeVisible()
    await context.close()
  })

  test('leads from nothing to the URLs to enter at Cloudonix', { tag: '@shipped' }, async ({ page, startServer }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const { signInLink } = await startServer()
    const room = consolePage(page)
    await page.goto(signInLink)
    await page.getByRole('button', { name: 'Create tenant' }).click()
    await expect(page.getByText('Give the tenant a name')).toBeVisible()
    await expectAccessible(page)

    await page.getByLabel('Name').fill('Acme')
    await page.getByLabel('Cloudonix domain').fill('https://acme.cloudonix.net/')
    await page.getByRole('button', { name: 'Create tenant' }).click()
    await expect(room.heading('Connect Cloudonix to Acme')).toBeVisible()
    await expect(page.getByText(/\/voice\/[\w-]{20,}\/application/)).toBeVisible()
    await expect(page.getByText('SWITCHYARD_PUBLIC_URL')).toBeVisible()
    await expectAccessible(page)

    await page.getByRole('link', { name: 'Go to the overview' }).click()
    await expect(page.getByText('No call has arrived yet')).toBeVisible()
    await expect(room.pill).toHaveText('Live')
    await expectAccessible(page)
  })

  test('shows calls as they are routed, and why', { tag: '@shipped' }, async ({ page, startServer }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const { signInLink } = await startServer(['--demo'])
    const room = consolePage(page)
    await page.goto(signInLink)
    await expect(room.decisions.first()).toBeVisible({ timeout: 20_000 })
    await expect(room.liveCalls.first()).toBeVisible({ timeout: 20_000 })

    await room.decisions.filter({ hasText: 'Routed' }).first().click()
    await expect(room.panel.getByText('Numbers as understood')).toBeVisible()
    await expect(room.panel.getByText('Rules considered')).toBeVisible()
    await expect(room.panel.getByText('Document sent')).toBeVisible()
    await expect(room.panel.locator('pre')).toContainText('<Response>')
    await expect(room.panel.getByRole('heading', { name: 'Timeline' })).toBeVisible()
    await expect(room.panel.getByText('voice request').first()).toBeVisible()
    expect(page.url()).toContain('call=')

    for (const scheme of ['light', 'dark'] as const) {
      await room.useColours(scheme)
      await expectAccessible(page)
    }
    await page.keyboard.press('Escape')
    await expect(room.panel).toBeHidden()
  })
})
