/** Finds numbers by texts. */
export interface TextIndex {
  get(text: string): number | undefined
  set(text: string, place: number): void
}

const shardBits = 6
const shardCount = 1 << shardBits
const smallestSlots = 16

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // Shard and slot go by the low bits; this brings the others into them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

/**
 * An index of texts that lie somewhere else already: `textAt` says what lies at a place. It takes some 16 bytes an entry, a
 * third of a Map, and nothing in it has to be traced by the garbage collector. It grows in shards, so that growing pauses nobody.
 */
export const createTextIndex = (textAt: (place: number) => string): TextIndex => {
  /** Pairs of hash and place plus one; a place of 0 is a free slot. */
  const shards = Array.from({ length: shardCount }, () => ({ slots: new Int32Array(smallestSlots * 2), used: 0 }))

  const firstSlot = (slots: Int32Array, hash: number): number => ((hash >>> shardBits) << 1) & (slots.length - 1)
  const nextSlot = (slots: Int32Array, slot: number): number => (slot + 2) & (slots.length - 1)

  /** Where the text is, or the free slot where it would be. */
  const slotFor = (slots: Int32Array, hash: number, text: string): number => {
    let slot = firstSlot(slots, hash)
    for (;;) {
      const held = slots[slot + 1] as number
      if (held === 0 || (slots[slot] === hash && textAt(held - 1) === text)) return slot
      slot = nextSlot(slots, slot)
    }
  }

  const grown = (before: Int32Array): Int32Array<ArrayBuffer> => {
    const slots = new Int32Array(before.length * 2)
    for (let from = 0; from < before.length; from += 2) {
      const hash = before[from] as number
      const held = before[from + 1] as number
      if (held === 0) continue
      let slot = firstSlot(slots, hash)
      while (slots[slot + 1] !== 0) slot = nextSlot(slots, slot)
      slots[slot] = hash
      slots[slot + 1] = held
    }
    return slots
  }

  const shardOf = (hash: number) => shards[hash & (shardCount - 1)] as (typeof shards)[number]

  return {
    get(text) {
      const hash = hashOf(text)
      const { slots } = shardOf(hash)
      const held = slots[slotFor(slots, hash, text) + 1] as number
      return held === 0 ? undefined : held - 1
    },
    set(text, place) {
      const hash = hashOf(text)
      const shard = shardOf(hash)
      const slot = slotFor(shard.slots, hash, text)
      if (shard.slots[slot + 1] === 0) shard.used += 1
      shard.slots[slot] = hash
      shard.slots[slot + 1] = place + 1
      // Three quarters full; a slot takes two numbers.
      if (shard.used * 8 > shard.slots.length * 3) shard.slots = grown(shard.slots)
    },
  }
}
