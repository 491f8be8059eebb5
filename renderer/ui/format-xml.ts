/** A document on one line, laid out for reading. Text stays with its element, so that nothing is added to it. */
export const formatXml = (xml: string): string => {
  const parts = xml.trim().split(/(?<=>)\s*(?=<)/)
  let depth = 0
  return parts
    .map((part) => {
      const isClosing = part.startsWith('</')
      const isWhole = part.endsWith('/>') || part.startsWith('<?') || part.startsWith('<!') || /<\/[^>]+>$/.test(part)
      if (isClosing) depth = Math.max(0, depth - 1)
      const line = `${'  '.repeat(depth)}${part}`
      if (!isClosing && !isWhole) depth += 1
      return line
    })
    .join('\n')
}
