import { controlPlanePid, openDesktopWindow } from './pages/desktop-window.ts'
import { expect, test } from '../support/electron/desktop-test.ts'

test.describe('the desktop window', () => {
  const isServed = 'shows the console from packaged files and talks to the control plane without any HTTP'
  test(isServed, { tag: '@shipped' }, async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const window = await openDesktopWindow(desktop)
    await expect.poll(window.state).toBe('running')
    expect(window.address()).toMatch(/^app:\/\/switchyard\//)

    const requested: string[] = []
    window.page.on('request', (request) => requested.push(desktop.appUrl(request.url())))
    await window.page.reload()
    await expect(window.page.getByRole('navigation').first()).toBeVisible()
    expect(await window.ask('system.info')).toMatchObject({ ok: true })

    expect(requested.length).toBeGreaterThan(1)
    expect(requested.filter((url) => !/^(app|data|blob):/.test(url))).toEqual([])
  })

  test('answers for the control plane as the local owner, refusals included', async ({ startDesktop }) => {
    const window = await openDesktopWindow(await startDesktop())
    expect(await window.ask('system.info')).toMatchObject({ ok: true, value: { actor: { role: 'owner' } } })
    expect(await window.ask('no.suchThing')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } })
    expect(await window.ask('tenants.get', { id: 7 })).toMatchObject({ ok: false, error: { code: 'INVALID_INPUT' } })
  })

  test('hears of changes as they happen', async ({ startDesktop }) => {
    const window = await openDesktopWindow(await startDesktop())
    const heard = window.nextEvent()
    expect(await window.ask('tenants.create', { name: 'Acme', domain: 'acme.example' })).toMatchObject({ ok: true })
    expect(await heard).toMatchObject({ name: 'tenant.changed', payload: { change: 'created' } })
  })

  test('shows the calls of the demo as they are routed', async ({ startDesktop }) => {
    const { page } = await openDesktopWindow(await startDesktop({ options: ['--demo'] }))
    await expect(page.getByRole('heading', { name: 'Live calls' })).toBeVisible({ timeout: 15_000 })
    await expect(page.getByRole('main').getByText('connecting').first()).toBeVisible({ timeout: 15_000 })
  })

  test('gives its page the bridge and nothing of Node or Electron', async ({ startDesktop }) => {
    const { page } = await openDesktopWindow(await startDesktop())
    const offered = await page.evaluate(() => ({
      bridge: Object.keys(window.switchyard).sort(),
      node: ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in window),
      unsubscribed: typeof window.switchyard.onStatus(() => undefined)(),
    }))
    expect(offered).toEqual({
      bridge: ['invoke', 'nextEvents', 'onStatus', 'status'],
      node: [],
      unsubscribed: 'undefined',
    })
  })

  test('stays where it is', async ({ startDesktop }) => {
    const window = await openDesktopWindow(await startDesktop())
    await window.page.evaluate(() => {
      location.href = 'https://example.com/elsewhere'
    })
    expect(await window.ask('system.info')).toMatchObject({ ok: true })
    expect(window.address()).toMatch(/^app:\/\/switchyard\/index\.html/)
  })

  test('opens no other window', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const { page } = await openDesktopWindow(desktop)
    const opened = await page.evaluateHandle(() => window.open('about:blank'))
    await expect.poll(() => opened.evaluate((popup) => popup === null || popup.closed)).toBe(true)
    expect(desktop.pages()).toHaveLength(1)
  })

  test('connects to nothing and frames nothing', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const { page, state } = await openDesktopWindow(desktop)
    await expect.poll(state).toBe('running')
    const refused = await page.evaluateHandle(() => {
      const directives: string[] = []
      document.addEventListener('securitypolicyviolation', (event) => directives.push(event.effectiveDirective))
      return directives
    })
    const isConnected = await page.evaluate(async (url) => {
      const frame = document.createElement('iframe')
      frame.src = url
      document.body.append(frame)
      const connections = [
        fetch(url, { mode: 'no-cors' }),
        new Promise((_, reject) => (new WebSocket(url).onerror = reject)),
      ]
      return Promise.any(connections).then(
        () => true,
        () => false,
      )
    }, desktop.webhookUrl)
    expect(isConnected).toBe(false)
    await expect.poll(() => refused.jsonValue()).toEqual(expect.arrayContaining(['connect-src', 'frame-src']))
    expect(page.frames().filter((frame) => frame.url().startsWith('http://'))).toEqual([])
  })

  test('gets no permission it asks for', async ({ startDesktop }) => {
    const { page } = await openDesktopWindow(await startDesktop())
    const position = page.evaluate(
      () =>
        new Promise((settle) => {
          navigator.geolocation.getCurrentPosition(
            () => settle('told'),
            ({ code }) => settle(code),
          )
        }),
    )
    expect(await position).toBe(1)
  })

  test('refuses a foreign page the bridge’s answers', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const { page } = await openDesktopWindow(desktop)
    await desktop.evaluate(async ({ BrowserWindow }) => {
      await BrowserWindow.getAllWindows()[0]?.loadURL('data:text/html,<h1>Foreign</h1>')
    }, undefined)
    await expect(page.getByRole('heading', { name: 'Foreign' })).toBeVisible()
    const asked = page.evaluate(() => window.switchyard.invoke('system.info', {}))
    await expect(asked).rejects.toThrow(/refused: unknown sender/)
  })

  test('is served the packaged files and nothing beside them', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    await openDesktopWindow(desktop)
    const fetched = await desktop.evaluate(
      ({ net }, urls) => Promise.all(urls.map(async (url) => (await net.fetch(url)).status)),
      [
        'app://switchyard/index.html',
        'app://switchyard/..%2f..%2fpackage.json',
        'app://switchyard/..%5c..%5cpackage.json',
        'app://switchyard/%2e%2e%2f%2e%2e%2fpackage.json',
        'app://switchyard//etc/passwd',
        'app://elsewhere/index.html',
      ],
    )
    expect(fetched).toEqual([200, 404, 404, 404, 404, 404])
  })

  test('comes forward when the app is started a second time', async ({ startDesktop }) => {
    const first = await startDesktop()
    await openDesktopWindow(first)
    await first.evaluate(({ app, BrowserWindow }) => {
      app.once('second-instance', () => BrowserWindow.getAllWindows()[0]?.setTitle('Asked for again'))
    }, undefined)
    expect(await first.startAgain()).toBe(0)
    await expect
      .poll(() =>
        first.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.getTitle()), undefined),
      )
      .toEqual(['Asked for again'])
    expect(await controlPlanePid(first)).toBeDefined()
  })
})
