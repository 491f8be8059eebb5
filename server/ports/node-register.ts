/** A control-plane process on the same durable store, as it last said of itself there. */
export interface NodeSign {
  readonly nodeId: string
  /** It routes by itself: what it decides, only the durable store knows. */
  readonly isAlone: boolean
}

/** Where the nodes on one durable store know of each other without what they share otherwise. */
export interface NodeRegister {
  /** Says that a node is there; answers the others that are. */
  sign(sign: NodeSign): Promise<readonly NodeSign[]>
  leave(nodeId: string): Promise<void>
}
