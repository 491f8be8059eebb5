// Writes docs/licences.md: what ships, with version, licence and the reason of each direct dependency.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { root } from './machine.ts'
import { renderLicences, shippedPackages, type Lock } from './shipped-packages.ts'

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock }
const file = join(root, 'docs', 'licences.md')
const text = renderLicences(shippedPackages(packages, root))
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }))
