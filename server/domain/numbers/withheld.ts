const words = new Set(['', 'anonymous', 'blocked', 'private', 'restricted', 'unavailable', 'unknown', 'withheld'])

/** Whether a caller's number says nothing of who is calling. */
export const isWithheld = (number: string): boolean => words.has(number.toLowerCase().replace(/[^a-z0-9]/g, ''))
