import { describe, expect, it } from 'vitest'
import { createPage } from '../../../main/page.ts'

describe('the page that windows show', () => {
  it('is the packaged one, with everything below its scheme and host', () => {
    const page = createPage(undefined)
    expect(page.url).toBe('app://switchyard/index.html')
    expect(page.isOurs('app://switchyard/assets/index.js')).toBe(true)
    expect(page.isOurs('app://switchyard/index.html#/live-calls')).toBe(true)
  })

  it.each([
    'app://elsewhere/index.html',
    'app://switchyard.example/index.html',
    'https://switchyard/index.html',
    'file:///switchyard/index.html',
    'data:text/html,app://switchyard/',
    'about:blank',
    '',
  ])('is not %j', (url) => {
    expect(createPage(undefined).isOurs(url)).toBe(false)
  })

  it('is the development server’s where one is named', () => {
    const page = createPage('http://localhost:5173')
    expect(page.isOurs('http://localhost:5173/main.tsx')).toBe(true)
    expect(page.isOurs('http://localhost:5174/')).toBe(false)
    expect(page.isOurs('app://switchyard/index.html')).toBe(false)
  })
})
