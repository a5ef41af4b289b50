/**
 * Where a file is most easily hurt: sizes, types, counts, flags and lengths, by its format. A flipped bit in a picture tells a
 * reader nothing; one in these bytes leads it astray.
 */

/** A number of some bytes that a reader goes by. */
export interface Place {
  at: number
  bytes: 1 | 2 | 4 | 8
}

const MAX_PLACES = 20_000

export function placesOf(bytes: Uint8Array): Place[] {
  const places: Place[] = []
  if (bytes[0] === 0x1a && bytes[1] === 0x45) ebml(bytes, places)
  else if (bytes[0] === 0x47 || bytes[4] === 0x47) packets(bytes, bytes[0] === 0x47 ? 0 : 4, places)
  else if (bytes[0] !== 0x23) boxes(bytes, 0, bytes.length, 0, places)
  return places.slice(0, MAX_PLACES)
}

/** Types whose body is boxes behind these many bytes. */
const CONTAINERS: Readonly<Record<string, number>> = {
  ...{ moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0, edts: 0, dinf: 0, udta: 0, mvex: 0, moof: 0, traf: 0, mfra: 0, sinf: 0, schi: 0 },
  ...{ meta: 4, stsd: 8, dref: 8, ilst: 0, avc1: 78, avc3: 78, hvc1: 78, hev1: 78, vp09: 78, av01: 78, encv: 78 },
  ...{ mp4a: 28, Opus: 28, enca: 28, fLaC: 28, 'ac-3': 28, gmhd: 0, tref: 0, wave: 0 },
}
/** Of a leaf: version and flags, counts and the first entries. */
const LEAF_BYTES = 48

function boxes(bytes: Uint8Array, start: number, end: number, depth: number, places: Place[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  while (at + 8 <= end && places.length < MAX_PLACES && depth < 12) {
    const size = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    places.push({ at, bytes: 4 }, { at: at + 4, bytes: 4 })
    const stop = size < 8 ? end : Math.min(end, at + size)
    const own = CONTAINERS[type]
    for (let field = at + 8; type !== 'mdat' && field + 4 <= stop && field < at + 8 + (own ?? LEAF_BYTES); field += 4) {
      places.push({ at: field, bytes: 4 })
    }
    if (own !== undefined) boxes(bytes, at + 8 + own, stop, depth + 1, places)
    at = stop
  }
}

/** Masters that are walked into. */
const MASTERS: ReadonlySet<number> = new Set([
  ...[0x1a45dfa3, 0x18538067, 0x114d9b74, 0x4dbb, 0x1549a966, 0x1654ae6b, 0xae, 0xe0, 0xe1, 0x1f43b675, 0xa0, 0x1c53bb6b, 0xbb, 0xb7],
  ...[0x1043a770, 0x45b9, 0xb6, 0x80, 0x6d80, 0x6240, 0x5034, 0x5035, 0x55b0, 0x55d0],
])

function ebml(bytes: Uint8Array, places: Place[]): void {
  const walk = (start: number, end: number, depth: number): void => {
    let at = start
    while (at + 2 <= end && places.length < MAX_PLACES && depth < 8) {
      const idBytes = Math.clz32(bytes[at] ?? 0) - 23
      const sizeAt = at + idBytes
      const sizeBytes = Math.clz32(bytes[sizeAt] ?? 0) - 23
      if (idBytes > 4 || sizeBytes > 8) return
      let id = 0
      for (let i = at; i < sizeAt; i += 1) id = id * 256 + (bytes[i] ?? 0)
      let size = (bytes[sizeAt] ?? 0) & (0xff >> sizeBytes)
      for (let i = 1; i < sizeBytes; i += 1) size = size * 256 + (bytes[sizeAt + i] ?? 0)
      const body = sizeAt + sizeBytes
      places.push({ at, bytes: 1 }, { at: sizeAt, bytes: 1 }, { at: body - 1, bytes: 1 })
      const stop = Math.min(end, body + size)
      // Head of a block: track, time, flags, count of laced frames, their sizes
      for (let field = body; field < Math.min(stop, body + 8); field += 1) places.push({ at: field, bytes: 1 })
      if (MASTERS.has(id)) walk(body, stop, depth + 1)
      at = stop
    }
  }
  walk(0, bytes.length, 0)
}

function packets(bytes: Uint8Array, first: number, places: Place[]): void {
  const stride = bytes[first + 192] === 0x47 && bytes[first + 188] !== 0x47 ? 192 : 188
  for (let at = first; at + 188 <= bytes.length && places.length < MAX_PLACES; at += stride) {
    places.push({ at, bytes: 1 }, { at: at + 1, bytes: 2 }, { at: at + 3, bytes: 1 }, { at: at + 4, bytes: 1 }, { at: at + 5, bytes: 1 })
    if (((bytes[at + 1] ?? 0) & 0x40) === 0) continue
    // A PES header or a section begins here: its length, its flags, its time stamps, the first of what it holds
    const payload = (bytes[at + 3] ?? 0) & 0x20 ? at + 5 + (bytes[at + 4] ?? 0) : at + 4
    for (let field = payload; field < Math.min(at + 188, payload + 40); field += 1) places.push({ at: field, bytes: 1 })
  }
}
