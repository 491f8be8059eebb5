/** The one-time code in what somebody pasted: the whole link, or the code alone. */
export const codeOf = (text: string): string | undefined => {
  const trimmed = text.trim()
  const inLink = /[?&#]code=([^&#\s]+)/.exec(trimmed)?.[1]
  if (inLink !== undefined) return decodeURIComponent(inLink)
  return trimmed === '' || /[\s/]/.test(trimmed) ? undefined : trimmed
}
