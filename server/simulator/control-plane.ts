import { ScenarioError } from './scenario.ts'

/** The API of the control plane that was played against. */
export interface ControlPlaneAccess {
  readonly url: string
  readonly token: string
  readonly tenantId: string
}

interface Listed<T> {
  readonly items: readonly T[]
  readonly nextCursor?: string
}

export const read = async <T>({ url, token }: ControlPlaneAccess, path: string): Promise<T | undefined> => {
  const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${token}` } }).catch(
    (cause: unknown) => {
      throw new ScenarioError(`Nobody answers at ${url}, where the records are; say where the API is with --api`, {
        cause,
      })
    },
  )
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return (await response.json()) as T
}

export const tenantPath = ({ tenantId }: ControlPlaneAccess): string =>
  `/api/v1/tenants/${encodeURIComponent(tenantId)}`

/** Page by page; stops early when `isEnough` says so. */
export const readAll = async <T>(
  access: ControlPlaneAccess,
  path: string,
  query: Readonly<Record<string, string>>,
  take: (item: T) => void,
  isEnough: () => boolean = () => false,
): Promise<void> => {
  let cursor: string | undefined
  do {
    const search = new URLSearchParams({ ...query, limit: '200', ...(cursor === undefined ? {} : { cursor }) })
    const page: Listed<T> = (await read<Listed<T>>(access, `${path}?${search.toString()}`)) ?? { items: [] }
    for (const item of page.items) take(item)
    cursor = page.nextCursor
  } while (cursor !== undefined && !isEnough())
}

export const withoutScheme = (value: string): string => value.replace(/^sips?:/, '')
