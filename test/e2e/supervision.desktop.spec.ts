import { controlPlanePid, openDesktopWindow, takesWebhooks } from './pages/desktop-window.ts'
import { expect, test } from '../support/electron/desktop-test.ts'

test.describe('the control plane of the desktop app', () => {
  test('comes back after a crash, and the window says so meanwhile', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const window = await openDesktopWindow(desktop)
    await expect.poll(window.state).toBe('running')
    const states = await window.followStates()
    const crashed = await controlPlanePid(desktop)

    process.kill(crashed!, 'SIGKILL')

    await expect.poll(window.state).toBe('restarting')
    await expect(window.shownState).toHaveText('Reconnecting')
    expect(await window.ask('system.info')).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', message: expect.stringContaining('restarting') },
    })
    await expect.poll(window.state, { timeout: 15_000 }).toBe('running')
    expect(await window.ask('system.info')).toMatchObject({ ok: true })
    await expect(window.shownState).toHaveText('Live')
    expect(states).toEqual(['restarting', 'running'])
    expect(await controlPlanePid(desktop)).not.toBe(crashed)
    expect(desktop.pages()).toHaveLength(1)
  })

  test('goes on taking calls while the window has crashed, and the window comes back', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const window = await openDesktopWindow(desktop)
    await expect.poll(window.state).toBe('running')
    const served = await controlPlanePid(desktop)

    await desktop.evaluate(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
      undefined,
    )

    expect(await takesWebhooks(desktop)).toBe(true)
    const statusInPage = () =>
      desktop.evaluate(async ({ BrowserWindow }) => {
        const [window] = BrowserWindow.getAllWindows()
        return (await window?.webContents.executeJavaScript('switchyard.status()')) as unknown
      }, undefined)
    await expect.poll(() => statusInPage().catch(() => 'crashed'), { timeout: 15_000 }).toEqual({ state: 'running' })
    expect(await takesWebhooks(desktop)).toBe(true)
    expect(await controlPlanePid(desktop)).toBe(served)
  })

  test('drains and ends when the app quits', async ({ startDesktop }) => {
    const desktop = await startDesktop()
    const window = await openDesktopWindow(desktop)
    await expect.poll(window.state).toBe('running')
    const served = await controlPlanePid(desktop)

    await desktop.evaluate(({ app }) => void setImmediate(() => app.quit()), undefined)

    expect(await desktop.exited).toBe(0)
    expect(() => process.kill(served!, 0)).toThrow('ESRCH')
    expect(await takesWebhooks(desktop)).toBe(false)
  })

  test('ends with its last window, except on macOS', async ({ startDesktop }) => {
    test.skip(process.platform === 'darwin', 'apps stay open without windows there')
    const desktop = await startDesktop()
    const window = await openDesktopWindow(desktop)
    await expect.poll(window.state).toBe('running')
    await window.page.close()
    expect(await desktop.exited).toBe(0)
  })
})
