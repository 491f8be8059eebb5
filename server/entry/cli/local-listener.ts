/** Where a server on this machine listens by the settings of the environment; port 0 tells nobody. */
export const localListener = (variable: 'SWITCHYARD_PORT' | 'SWITCHYARD_ADMIN_PORT', usualPort: number): string => {
  const port = Number(process.env[variable])
  return `http://127.0.0.1:${Number.isInteger(port) && port > 0 ? port : usualPort}`
}
