import { Outlet, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useControlPlaneEvent, useRefresh } from '../../client/use-client.ts'
import { rememberTenantId, useTenant } from '../../entities/tenants.ts'
import { TimeZoneContext } from '../../ui/time.tsx'
import { CommandPalette } from './command-palette.tsx'
import classes from './frame.module.css'
import { NavigationRail } from './navigation-rail.tsx'
import { ShortcutsHelp } from './shortcuts-help.tsx'
import { TopBar } from './top-bar.tsx'
import { useGlobalShortcuts } from './use-global-shortcuts.ts'

/** Navigation left, bar on top, the room in the rest. */
export const Frame = () => {
  const { tenantId } = useParams({ strict: false })
  const tenant = useTenant(tenantId)
  const refresh = useRefresh()
  const [isHelpOpen, setHelpOpen] = useState(false)
  useGlobalShortcuts(tenantId, () => setHelpOpen(true))
  const [onTenantChanged] = useState(() => () => refresh('tenants.list', 'tenants.endpoints'))
  useControlPlaneEvent('tenant.changed', onTenantChanged)

  const tenantName = tenant?.name
  useEffect(() => {
    if (tenantId !== undefined && tenantName !== undefined) rememberTenantId(tenantId)
    document.title = tenantName === undefined ? 'Switchyard' : `${tenantName} · Switchyard`
  }, [tenantId, tenantName])

  return (
    <TimeZoneContext value={tenant?.timeZone}>
      <a className={classes.skip} href="#main" onClick={skipToMain}>
        Skip to the page
      </a>
      <div className={classes.frame}>
        <NavigationRail tenantId={tenantId} />
        <div className={classes.rest}>
          <TopBar onHelp={() => setHelpOpen(true)} />
          <main id="main" tabIndex={-1} className={classes.main}>
            <Outlet />
          </main>
        </div>
      </div>
      <CommandPalette tenantId={tenantId} onHelp={() => setHelpOpen(true)} />
      <ShortcutsHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </TimeZoneContext>
  )
}

/** The address belongs to the router (it is the hash), so the link must not change it. */
const skipToMain = (event: React.MouseEvent): void => {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
