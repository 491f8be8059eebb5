export const appScheme = 'app'

export interface Page {
  readonly url: string
  /** Whether an address belongs to the page: what else asks or wants to be shown is refused. */
  isOurs(url: string): boolean
}

/** The page that windows show: the packaged one, or the development server's while the app is not packaged. */
export const createPage = (developmentUrl: string | undefined): Page => {
  const url = developmentUrl ?? `${appScheme}://switchyard/index.html`
  const { protocol, host } = new URL(url)
  return {
    url,
    isOurs: (other) => {
      if (!URL.canParse(other)) return false
      const asked = new URL(other)
      return asked.protocol === protocol && asked.host === host
    },
  }
}
