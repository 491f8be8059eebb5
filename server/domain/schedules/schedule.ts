/** Hours of one day by the clock on the wall of a place, `to` excluded; "24:00" is the end of the day. */
export interface Hours {
  readonly from: string
  readonly to: string
}

export interface Schedule {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  /** Monday is 1. */
  readonly weekly: readonly (Hours & { readonly day: number })[]
  /** Days that do not go by the week: open at the hours given, without any closed all day. */
  readonly holidays: readonly { readonly date: string; readonly open?: readonly Hours[] | undefined }[]
}
