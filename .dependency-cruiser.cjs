// Who may import whom. tsc holds the rest: a project per folder, and no ambient types in the domain.
const npm = (...names) => `node_modules/(${names.join('|')})(/|$)`
const only = (from, ...may) => ({
  name: `only ${from}`,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [from, ...may] },
})
const never = (name, from, to) => ({ name, severity: 'error', from, to })

module.exports = {
  forbidden: [
    only('^shared/', npm('typebox')),
    only('^server/domain/', '^shared/vocabulary[.]ts$', npm('xmlbuilder2', 'libphonenumber-js')),
    only('^server/ports/', '^server/domain/', '^shared/'),
    only('^server/operations/', '^server/(domain|ports)/', '^shared/', npm('typebox')),
    only('^server/sealing/', '^(node:)?crypto$'),
    only('^preload/', '^shared/', npm('electron')),
    never('renderer sees shared alone', { path: '^renderer/' }, { path: '^(main|preload|server)/' }),
    never('renderer runs in a browser', { path: '^renderer/' }, { dependencyTypes: ['core'] }),
    never(
      'features do not meet',
      { path: '^renderer/features/([^/]+)/' },
      { path: '^renderer/features/', pathNot: '^renderer/features/$1/' },
    ),
    never(
      'adapters do not meet',
      { path: '^server/adapters/([^/]+)/' },
      { path: '^server/adapters/', pathNot: '^server/adapters/$1/' },
    ),
    never(
      'adapters do not drive',
      { path: '^server/adapters/' },
      { path: '^server/(operations/|composition/|[^/]+[.]ts$)' },
    ),
    never(
      'entries use the front door',
      { path: '^server/entry/' },
      { path: '^server/(?!entry/|simulator/|index[.]ts$)' },
    ),
    never('nobody calls an entry', { path: '^server/(?!entry/)' }, { path: '^server/entry/' }),
    never('the server runs without the shell', { path: '^server/' }, { path: '^(main|preload|renderer)/' }),
    never('main is its own process', { path: '^main/' }, { path: '^(server/|renderer/|preload/)' }),
    never('the simulator stands outside', { path: '^server/simulator/' }, { path: '^server/(?!simulator/)' }),
    never('only entries run the simulator', { path: '^server/(?!entry/|simulator/)' }, { path: '^server/simulator/' }),
    never('electron only in the shell', { pathNot: '^(main|preload|test)/' }, { path: npm('electron') }),
    never(
      'fastify only in http',
      { path: '^(main|server)/', pathNot: '^server/adapters/http/' },
      { path: npm('fastify[^/]*', '@fastify/[^/]+', '@scalar/[^/]+') },
    ),
    never(
      'sqlite only in sqlite',
      { path: '^(main|server)/', pathNot: '^server/adapters/sqlite/' },
      { path: npm('better-sqlite3', 'kysely') },
    ),
    never(
      'redis only in redis',
      { path: '^(main|server)/', pathNot: '^server/adapters/redis/' },
      { path: npm('ioredis') },
    ),
    never(
      'xml only in cxml',
      { path: '^server/', pathNot: '^server/(domain/cxml|simulator)/' },
      { path: npm('xmlbuilder2') },
    ),
    never(
      'csv only in csv',
      { path: '^(main|server)/', pathNot: '^server/adapters/csv/' },
      { path: npm('csv-parse', 'csv-stringify') },
    ),
    never(
      'zip only in exports',
      { path: '^(main|server)/', pathNot: '^server/adapters/exports/' },
      { path: npm('yazl') },
    ),
    never('xml is read by the simulator alone', { pathNot: '^(server/simulator|test|bench)/' }, { path: npm('saxes') }),
    never(
      'phone numbers in one place',
      { path: '^server/', pathNot: '^server/(domain/numbers|simulator)/' },
      { path: npm('libphonenumber-js') },
    ),
    never(
      'calls out only to Cloudonix',
      { pathNot: '^(server/(simulator|adapters/cloudonix)|test|bench)/' },
      { path: npm('undici') },
    ),
    never('passwords only in system', { pathNot: '^(server/adapters/system|test)/' }, { path: npm('@node-rs/argon2') }),
    never(
      'logs are written in two places',
      { path: '^(main|server)/', pathNot: '^server/adapters/(system|http)/' },
      { path: npm('pino') },
    ),
    never('test and bench stay out', { pathNot: '^(test|bench)/' }, { path: '^(test|bench)/' }),
    never('no cycles', {}, { circular: true }),
    never('resolvable', {}, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true, // type-only imports count too
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist|coverage|test-results)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
