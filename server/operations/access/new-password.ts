import { DomainError } from '../../domain/errors.ts'

/** Letters that a password says besides what is known of its owner. */
const fewestOwn = 6

/** Refuses what is guessed first: the owner's own name and address, and one letter over and over. */
export const assertGoodPassword = (password: string, { email, name }: { email: string; name: string }): void => {
  const refuse = (why: string): never => {
    throw new DomainError('INVALID_INPUT', `/password ${why}`, [{ path: '/password', message: why }])
  }
  const folded = password.toLowerCase()
  const known = [email, ...email.split(/[@.]/), ...name.split(/\s+/)].filter(({ length }) => length > 2)
  const own = known.reduce((left, word) => left.replaceAll(word.toLowerCase(), ''), folded)
  if (own.length < fewestOwn) refuse('is made of the name or the e-mail address; choose another one')
  if (new Set(folded).size < 4) refuse('repeats too few letters; choose another one')
}
