import { Link } from '@tanstack/react-router'
import { navigation } from '../../navigation.ts'
import classes from './frame.module.css'
import { TenantSwitcher } from './tenant-switcher.tsx'

export const NavigationRail = ({ tenantId }: { readonly tenantId: string | undefined }) => (
  <nav className={classes.rail} aria-label="Main">
    <TenantSwitcher tenantId={tenantId} />
    {tenantId === undefined
      ? undefined
      : navigation.map((group) => (
          <section key={group.label} className={classes.group} aria-label={group.label}>
            <h2>{group.label}</h2>
            {group.entries.map(({ label, to, icon: Icon }) => (
              <Link key={to} to={to} params={{ tenantId }} className={classes.entry} title={label}>
                <Icon size={16} stroke={1.75} aria-hidden />
                <span>{label}</span>
              </Link>
            ))}
          </section>
        ))}
  </nav>
)
