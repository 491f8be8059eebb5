/** Finds numbers by texts. */
export interface TextIndex {
  get(text: string): number | undefined
  set(text: string, place: number): void
}

const shardCount = 64
const smallestSlots = 16

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // Shard and slot go by the low bits; this brings the others into them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/**
 * An index of texts that lie somewhere else already: `textAt` says what lies at a place. It takes 4 to 16 bytes an entry, a
 * tenth of a Map, and nothing in it has to be traced by the garbage collector. It grows in shards, so that growing pauses nobody.
 */
export const createTextIndex = (textAt: (place: number) => string): TextIndex => {
  /** Places plus one; 0 is a free slot. */
  const shards = Array.from({ length: shardCount }, () => ({ slots: new Int32Array(smallestSlots), used: 0 }))

  const slotFor = (slots: Int32Array, hash: number, text: string): number => {
    let slot = Math.floor(hash / shardCount) & (slots.length - 1)
    for (;;) {
      const held = slots[slot] as number
      if (held === 0 || textAt(held - 1) === text) return slot
      slot = (slot + 1) & (slots.length - 1)
    }
  }

  const grown = (before: Int32Array): Int32Array => {
    const slots = new Int32Array(before.length * 2)
    for (const held of before) {
      if (held === 0) continue
      const text = textAt(held - 1)
      slots[slotFor(slots, hashOf(text), text)] = held
    }
    return slots
  }

  const shardOf = (hash: number) => shards[hash % shardCount] as (typeof shards)[number]

  return {
    get(text) {
      const hash = hashOf(text)
      const { slots } = shardOf(hash)
      const held = slots[slotFor(slots, hash, text)] as number
      return held === 0 ? undefined : held - 1
    },
    set(text, place) {
      const hash = hashOf(text)
      const shard = shardOf(hash)
      const slot = slotFor(shard.slots, hash, text)
      if (shard.slots[slot] === 0) shard.used += 1
      shard.slots[slot] = place + 1
      if (shard.used * 2 > shard.slots.length) shard.slots = grown(shard.slots)
    },
  }
}
