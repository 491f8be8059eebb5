/**
 * Why each package is there that something of ours imports and that ships: in the server, in the bundle of the console,
 * or as what runs them. What has no reason here is not to be added (docs/licences.md is made of this).
 */

/** In `dependencies`: installed beside the server. */
export const serverReasons: Readonly<Record<string, string>> = {
  '@fastify/cookie': 'Reads and sets the session cookie of the console by the rules of RFC 6265',
  '@fastify/static':
    'Serves the files of the console with ranges, types and checks against paths that lead out of its folder',
  '@scalar/fastify-api-reference': 'The browsable API reference at /docs, from files of its own without a network',
  '@node-rs/argon2': 'Argon2id for passwords, in threads of its own; Node has it built in, Electron’s does not',
  'better-sqlite3': 'SQLite over Node-API: one binary for Node and Electron, synchronous, in worker threads',
  commander: 'The command line: options, help and refusals',
  'csv-parse': 'Reads the csv of test batches with its quotes and line ends',
  'csv-stringify': 'Writes csv with its quotes and line ends',
  'env-paths': 'Where each operating system keeps the data of an application',
  fastify: 'The two HTTP listeners: routing, hooks, limits',
  ioredis: 'Redis and Redis Cluster, with pipelines and scripts',
  kysely: 'Filters of call lists as SQL that is typed and never put together from text',
  'libphonenumber-js': 'Reads phone numbers as they are dialled in each country',
  pino: 'Structured log lines that cost little',
  saxes: 'A strict XML reader, for the simulator, which reads our documents as Cloudonix would',
  typebox: 'The contract: one schema is the type, the validation and the OpenAPI document',
  undici: 'Asks the Cloudonix API: connections of its own, timeouts and limits that fetch does not offer',
  xmlbuilder2: 'Writes CXML, escaped as XML wants it',
  yazl: 'Packs workbooks as zip while they are written',
}

/** In `devDependencies`, because the build puts them into the files of the console. */
export const consoleReasons: Readonly<Record<string, string>> = {
  '@mantine/core': 'Components of the console that can be used by keyboard and screen reader',
  '@mantine/hooks': 'What the components share; asked for by them',
  '@mantine/notifications': 'Messages that tell what became of a change',
  '@mantine/spotlight': 'The command palette of the console',
  '@tabler/icons-react': 'Icons, each imported by name so that no others are built in',
  '@tanstack/react-query': 'What the console has read, kept fresh and asked for once',
  '@tanstack/react-router': 'Screens with addresses and typed parameters',
  react: 'The console is made of its components',
  'react-dom': 'Puts them into the page',
  zustand: 'Small stores of what happens live',
}

/** What runs the product in packages that bring their own. */
export const runtimeReasons: Readonly<Record<string, string>> = {
  electron: 'The desktop window; its installers hold Chromium with licences of its own, in LICENSES.chromium.html',
  node: 'Node 24 for headless installations, whatever the system has',
}

/** Licences that ask for no more than to be named. Whoever adds one has read it. */
export const allowedLicences: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])
