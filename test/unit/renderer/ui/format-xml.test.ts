import { describe, expect, it } from 'vitest'
import { formatXml } from '../../../../renderer/ui/format-xml.ts'

describe('a document laid out', () => {
  it('indents elements and leaves text where it is', () => {
    const xml =
      '<?xml version="1.0"?><Response><Dial timeout="20"><Service provider="vapi">+12025550171</Service></Dial><Hangup/></Response>'
    expect(formatXml(xml)).toBe(
      '<?xml version="1.0"?>\n<Response>\n  <Dial timeout="20">\n    <Service provider="vapi">+12025550171</Service>\n  </Dial>\n  <Hangup/>\n</Response>',
    )
  })
  it('changes nothing but the space between elements', () => {
    expect(formatXml('<Say>one  two</Say>')).toBe('<Say>one  two</Say>')
  })
})
