import Fastify from 'fastify'

/** The reference: parses the same body and returns the same document, and does nothing else. Its port goes to stdout. */
const document = process.argv[2] ?? ''
const app = Fastify({ logger: false })
app.post('/voice/:tenantKey/application', (_request, reply) =>
  reply.header('content-type', 'application/xml; charset=utf-8').send(document),
)
await app.listen({ host: '127.0.0.1', port: 0 })
const [address] = app.addresses()
if (typeof address !== 'object') throw new Error('the reference listens nowhere')
console.log(`listening on ${address.port}`)
