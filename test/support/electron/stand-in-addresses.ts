/** Chromium serves no scheme of ours, so `app://host/path` is shown as `https://host.app.invalid/path`. */
const ownScheme = /^(?!https?:|data:|about:|file:|blob:|chrome)([a-z][a-z0-9]*):\/\/([^/?#]*)/
const standInHost = /^https:\/\/([^/?#]*)\.([a-z0-9]+)\.invalid(?=[/?#]|$)/

export const toChromium = (url: string): string => url.replace(ownScheme, 'https://$2.$1.invalid')

export const toApp = (url: string): string => url.replace(standInHost, '$2://$1')

export const isOwnScheme = (url: string): boolean => standInHost.test(url)
