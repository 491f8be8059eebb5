/** How much a list of calls does at once. */
export interface CallSizes {
  /** Up to so many records are counted, or taken into memory and sorted there. */
  readonly few: number
  /** What an index other than that by start may hold of a filter, to be read whole; also numbers that have the letters looked for. */
  readonly range: number
  /** Different numbers whose calls are gathered. */
  readonly numbers: number
  /** Records that the first slice of a search goes through, and the fewest of any slice. */
  readonly firstSlice: number
  readonly leastSlice: number
}

export const usualSizes: CallSizes = { few: 5000, range: 20_000, numbers: 2000, firstSlice: 2000, leastSlice: 200 }
