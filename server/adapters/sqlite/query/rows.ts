/** Between what SQLite holds and what the domain speaks: null and undefined, 0/1 and booleans, text and JSON. */

export const given = <T>(value: T | null): T | undefined => value ?? undefined

export const bit = (value: boolean): 0 | 1 => (value ? 1 : 0)

export const optionalBit = (value: boolean | undefined): 0 | 1 | null => (value === undefined ? null : bit(value))

export const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

export const parse = <T>(text: string): T => JSON.parse(text) as T

export const parseGiven = <T>(text: string | null): T | undefined =>
  text === null ? undefined : (JSON.parse(text) as T)
