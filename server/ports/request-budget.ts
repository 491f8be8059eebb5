/** So many requests in any time of that length. */
export interface RequestLimit {
  readonly most: number
  readonly windowMs: number
}

export type RequestTurn = { readonly placeNo: number } | { readonly retryMs: number }

/**
 * What may be asked of others, counted for all processes on one durable store and across their restarts. Nobody knows when in
 * its life a request reaches the other side, so it has its place from its start until the window's length after its end.
 */
export interface RequestBudget {
  /** A place for a request that starts now, or how long to wait before asking again. */
  take(key: string, limit: RequestLimit): Promise<RequestTurn>
  /** The request is over. Of one that is never heard of again the place is free after a minute. */
  end(placeNo: number, limit: RequestLimit): Promise<void>
  /** The other side has had enough: no place for so long. */
  hold(key: string, forMs: number): Promise<void>
}
