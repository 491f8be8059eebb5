import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppSchemeHandler } from '../../../main/app-scheme.ts'
import { createPage } from '../../../main/page.ts'

let folder: string
let answer: ReturnType<typeof createAppSchemeHandler>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-app-scheme-'))
  await mkdir(join(folder, 'renderer/assets'), { recursive: true })
  await mkdir(join(folder, 'renderer-of-another'))
  await writeFile(join(folder, 'secret.json'), '{}')
  await writeFile(join(folder, 'renderer-of-another/index.html'), 'other')
  await writeFile(join(folder, 'renderer/index.html'), '<!doctype html>')
  await writeFile(join(folder, 'renderer/assets/index.js'), 'void 0')
  await writeFile(join(folder, 'renderer/notes.sqlite'), 'no type of ours')
  answer = createAppSchemeHandler(join(folder, 'renderer'), createPage(undefined).isOurs)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const get = (url: string, method = 'GET') => answer({ url, method })

describe('the scheme of the app', () => {
  it('serves the packaged page and its files, each with its type', async () => {
    const page = await get('app://switchyard/')
    expect(await page.text()).toBe('<!doctype html>')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const script = await get('app://switchyard/assets/index.js?v=1')
    expect(script.status).toBe(200)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  it('lets the page connect to nothing and run no script but its own', async () => {
    const policy = (await get('app://switchyard/index.html')).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("connect-src 'none'")
  })

  it.each([
    'app://switchyard/..%2fsecret.json',
    'app://switchyard/assets/..%2f..%2fsecret.json',
    'app://switchyard/%2e%2e%2fsecret.json',
    'app://switchyard/..%5csecret.json',
    'app://switchyard/..%2frenderer-of-another%2findex.html',
    'app://switchyard//etc/hostname.json',
    'app://switchyard/C:%2fsecret.json',
    'app://switchyard/index.html%00.js',
    'app://switchyard/%zz.html',
    'app://elsewhere/index.html',
    'app://switchyard/notes.sqlite',
    'app://switchyard/missing.html',
    'app://switchyard/assets',
    `app://switchyard/${'a'.repeat(5_000)}.html`,
  ])('has nothing at %s', async (url) => {
    expect((await get(url)).status).toBe(404)
  })

  it('is read only', async () => {
    expect((await get('app://switchyard/index.html', 'POST')).status).toBe(405)
  })
})
