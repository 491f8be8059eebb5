import { expect, expectAccessible, test } from '../support/console/console-test.ts'
import { consolePage } from './pages/console-page.ts'

test.beforeEach(({ page }) => page.emulateMedia({ reducedMotion: 'reduce' }))

test('keeps rows where they are while the pointer is on them, and lets the new ones in afterwards', async ({
  page,
  startFake,
}) => {
  const fake = await startFake()
  const room = consolePage(page)
  for (let n = 0; n < 3; n += 1) fake.startCall()
  await page.goto(fake.url)
  await expect(room.liveCalls).toHaveCount(3)
  const before = await room.liveCalls.allTextContents()

  await room.liveCalls.nth(1).hover()
  const late = [fake.startCall(), fake.startCall()]
  await expect(page.getByRole('button', { name: '2 new' })).toBeVisible()
  expect((await room.liveCalls.allTextContents()).map(numbers)).toEqual(before.map(numbers))

  await page.mouse.move(600, 20)
  await expect(room.liveCalls).toHaveCount(5)
  await expect(page.getByRole('button', { name: '2 new' })).toBeHidden()
  expect(late).toHaveLength(2)
})

/** The part of a row that does not change by itself. */
const numbers = (row: string): string => /\+\d[\d -]+/.exec(row)?.[0] ?? row

test('is worked by keyboard alone', async ({ page, startFake }) => {
  const fake = await startFake()
  const room = consolePage(page)
  for (let n = 0; n < 3; n += 1) fake.advance(fake.startCall())
  await page.goto(fake.url)
  await expect(room.liveCalls).toHaveCount(3)

  await page.keyboard.press('j')
  await expect(room.liveCalls.nth(0)).toBeFocused()
  await page.keyboard.press('j')
  await expect(room.liveCalls.nth(1)).toBeFocused()
  await page.keyboard.press('w')
  await expect(room.panel).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(room.panel).toBeHidden()
  await expect(room.liveCalls.nth(1)).toBeFocused()

  await page.keyboard.press('/')
  await page.keyboard.type('7946')
  await expect(room.liveCalls).toHaveCount(1)
  expect(page.url()).toContain('q=7946')
  await page.getByLabel('Filter live calls').press('Tab')

  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await expectAccessible(page)
  await page.keyboard.press('Escape')

  await page.keyboard.press('Control+k')
  await page.getByLabel('Search or jump to').fill('northwind')
  await expectAccessible(page)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Tenant: Northwind' })).toBeVisible()
})

test('reopens the call that a link names', async ({ page, startFake }) => {
  const fake = await startFake()
  const call = fake.startCall()
  fake.advance(call)
  await page.goto(`${fake.url}/#/t/tenant-0/overview?call=${call.id}`)
  await expect(consolePage(page).panel.getByText('Rules considered')).toBeVisible()
})

test('says so when a linked call does not exist', async ({ page, startFake }) => {
  const fake = await startFake()
  await page.goto(`${fake.url}/#/t/tenant-0/overview?call=gone`)
  await expect(consolePage(page).panel.getByText('There is no call gone')).toBeVisible()
})

test('shows that the connection was lost, and catches up when it is back', async ({ page, startFake }) => {
  const fake = await startFake()
  const room = consolePage(page)
  fake.startCall()
  await page.goto(fake.url)
  await expect(room.pill).toHaveText('Live')
  await expect(room.liveCalls).toHaveCount(1)

  fake.refuse(true)
  await expect(room.pill).toHaveText('Reconnecting')
  await room.pill.click()
  await expect(page.getByText('What you see is from before')).toBeVisible()
  await expectAccessible(page)
  fake.startCall()
  fake.refuse(false)
  await page.getByRole('button', { name: 'Try now' }).click()
  await expect(room.pill).toHaveText('Live')
  await expect(room.liveCalls).toHaveCount(2)
})

test('asks to sign in again when the session has ended', async ({ page, startFake }) => {
  const fake = await startFake()
  await page.goto(fake.url)
  await expect(consolePage(page).pill).toHaveText('Live')
  fake.endSession()
  // The next request finds out: one of the person's, unless the page's own came first and took the frame away.
  await expect(async () => {
    const switcher = page.getByRole('button', { name: /Tenant:/ })
    if (await switcher.isVisible()) {
      await switcher.click({ timeout: 1000 })
      await page.getByRole('menuitem', { name: 'Northwind' }).click({ timeout: 1000 })
    }
    await expect(page.getByText('Your session has ended.')).toBeVisible({ timeout: 2000 })
  }).toPass()
  await page.getByLabel('Link or code').fill('good')
  await page.getByRole('button', { name: 'Sign in' }).click()
  // Whichever tenant it was by then: the room is back.
  await expect(page.getByRole('button', { name: /^Tenant: / })).toBeVisible()
  await expect(consolePage(page).pill).toHaveText('Live')
})

test('names what is degraded', async ({ page, startFake }) => {
  const fake = await startFake({
    problems: [{ part: 'store', message: 'The disk is full. Free some space.', sinceMs: 1000 }],
  })
  await page.goto(fake.url)
  await expect(consolePage(page).pill).toHaveText('Degraded: store')
  await expect(page.getByRole('alert')).toContainText('The disk is full. Free some space.')
  await expectAccessible(page)
})

test('stays readable and bounded under two hundred calls a second', async ({ page, startFake }) => {
  const fake = await startFake({ callsPerSecond: 200 })
  const room = consolePage(page)
  await page.goto(fake.url)
  await expect(room.heading('Live calls')).toBeVisible()
  await expect(page.getByText('the newest 200')).toBeVisible({ timeout: 15_000 })
  expect(await room.liveCalls.count()).toBeLessThanOrEqual(212)
  expect(await room.decisions.count()).toBeLessThanOrEqual(50)
  const frames = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        let count = 0
        const until = performance.now() + 2000
        const next = () => {
          count += 1
          if (performance.now() < until) requestAnimationFrame(next)
          else done(count)
        }
        requestAnimationFrame(next)
      }),
  )
  expect(frames).toBeGreaterThan(20)
})

test('collapses the navigation to icons in a narrow window', async ({ page, startFake }) => {
  const fake = await startFake()
  await page.setViewportSize({ width: 1024, height: 700 })
  await page.goto(fake.url)
  const navigation = page.getByRole('navigation', { name: 'Main' })
  await expect(navigation.getByRole('link', { name: 'Overview' })).toBeVisible()
  expect((await navigation.boundingBox())?.width).toBeLessThan(60)
  await expectAccessible(page)
})

test('shows a number grouped and copies it as E.164', async ({ page, context, startFake }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const fake = await startFake()
  const call = fake.startCall()
  await page.goto(`${fake.url}/#/t/tenant-0/overview?call=${call.id}`)
  await page.getByRole('button', { name: 'Copy the called number' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(call.to)
})

test('says what to paste where a sign-in code is asked for, and takes the whole link', async ({ page, startFake }) => {
  const fake = await startFake({ isSignedIn: false })
  await page.goto(fake.url)
  await page.getByLabel('Link or code').fill('not a code')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('Paste the link that the server printed')).toBeVisible()
  await expectAccessible(page)

  await page.getByLabel('Link or code').fill('http://switchyard.example/#/sign-in?code=good')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(consolePage(page).pill).toHaveText('Live')
})

test('goes to a room by two letters, unless they are typed into a field', async ({ page, startFake }) => {
  const fake = await startFake()
  const room = consolePage(page)
  await page.goto(`${fake.url}/#/tenants/new`)
  await page.getByLabel('Name').pressSequentially('go')
  await expect(page.getByLabel('Name')).toHaveValue('go')
  await page.goto(`${fake.url}/#/t/tenant-1/connect`)
  await expect(room.heading('Connect Cloudonix to Northwind')).toBeVisible()

  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await expect(page).toHaveURL(/#\/t\/tenant-1\/overview/)
  await expect(page.getByText('No call has arrived yet')).toBeVisible()
})

test('opens a call from the palette', async ({ page, startFake }) => {
  const fake = await startFake()
  const room = consolePage(page)
  const call = fake.startCall()
  fake.advance(call)
  await page.goto(fake.url)
  await expect(room.liveCalls).toHaveCount(1)

  await page.keyboard.press('Control+k')
  // Keys go to the palette once it is open.
  await expect(page.getByLabel('Search or jump to')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  const chosenIcon = page.locator('[data-selected] [data-position="left"]')
  await expect(chosenIcon).toHaveCSS('color', 'rgb(28, 33, 40)')
  await expect(chosenIcon).toHaveCSS('opacity', '1')
  await page.getByLabel('Search or jump to').fill(call.token)
  await expect(page.getByRole('dialog').getByText('→')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(room.panel.getByText('Rules considered')).toBeVisible()
  expect(page.url()).toContain(`call=${call.id}`)
})

test('says so when an address leads nowhere, and the way back', async ({ page, startFake }) => {
  const fake = await startFake()
  await page.goto(`${fake.url}/#/nowhere`)
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  await expectAccessible(page)
})
