/** What the platform can dial, by kind of value. Checked when it is saved, and once more before a document leaves. */

/** A phone number: `+`, country code, at most 15 digits. */
export const isE164 = (text: string): boolean => /^\+[1-9]\d{4,14}$/.test(text)

/** `sip:user@host[:port][;transport=udp|tcp|tls][;name=value]`, as documented; `sips:` is not. */
export const isSipUri = (text: string): boolean =>
  /^sip:[^\s@;]+@[^\s@;:]+(:\d{1,5})?(;transport=(udp|tcp|tls))?(;(?!transport=)[^\s;=]+=[^\s;]*)*$/.test(text)

const host = String.raw`([\p{L}\p{N}._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?`
const wssUrl = new RegExp(String.raw`^wss://${host}([/?]\S*)?$`, 'u')
const callbackUrl = new RegExp(String.raw`^(https?://${host})?/(?![/\\])\S*$`, 'u')

/** A WebSocket URL over TLS. */
export const isWssUrl = (text: string): boolean => wssUrl.test(text)

/** One of our own addresses: absolute, or relative to the request. */
export const isCallbackUrl = (text: string): boolean => callbackUrl.test(text)

export const isTrunkName = (text: string): boolean => /^[A-Za-z0-9-]+$/.test(text)
