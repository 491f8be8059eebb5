import type { FastifyReply } from 'fastify'

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/`([^`]+)`/g, '<code>$1</code>')

/** A page for a person who came to a place that has nothing to show yet. Text between backquotes is shown as code. */
export const sendPlainPage = (
  reply: FastifyReply,
  status: number,
  title: string,
  lines: readonly string[],
): FastifyReply =>
  reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(
      [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        `<title>${escaped(title)} – Switchyard</title><main><h1>${escaped(title)}</h1>`,
        ...lines.map((line) => `<p>${escaped(line)}</p>`),
        '</main></html>',
      ].join(''),
    )
