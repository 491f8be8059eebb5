import { IconLayoutDashboard, type TablerIcon } from '@tabler/icons-react'

export interface NavigationEntry {
  readonly label: string
  readonly to: '/t/$tenantId/overview'
  /** `g` and then this letter. */
  readonly letter: string
  readonly icon: TablerIcon
}

export interface NavigationGroup {
  readonly label: 'Operate' | 'Route' | 'Test' | 'Govern'
  readonly entries: readonly NavigationEntry[]
}

/** The rooms of the console, in the order of the day's work. A group without a room is not shown. */
export const navigation: readonly NavigationGroup[] = [
  {
    label: 'Operate',
    entries: [{ label: 'Overview', to: '/t/$tenantId/overview', letter: 'o', icon: IconLayoutDashboard }],
  },
]
