import type { Page } from '@playwright/test'

/** What the console offers on its overview, in the words of who uses it. */
export const consolePage = (page: Page) => {
  const list = (name: string) => page.getByRole('group', { name })
  return {
    pill: page.getByRole('status'),
    liveCalls: list('Live calls').locator('[data-row]'),
    decisions: list('Latest decisions').locator('[data-row]'),
    panel: page.getByRole('complementary', { name: 'Call' }),
    heading: (name: string) => page.getByRole('heading', { name }),
    async openTenantMenu(): Promise<void> {
      await page.getByRole('button', { name: /^Tenant:/ }).click()
    },
    async signOut(): Promise<void> {
      await page.getByRole('button', { name: /^Signed in as/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
    },
    async useColours(scheme: 'light' | 'dark'): Promise<void> {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    },
  }
}
