/**
 * Opus in a transport stream (the registered `Opus` private stream, "Opus in MPEG-TS" by its authors): access units
 * with a control header before each, and how long an Opus packet lasts (RFC 6716 3.1).
 */

export interface OpusUnit {
  /** An Opus packet. */
  packet: Uint8Array
  /** Samples of 48 kHz to drop at its start and end. */
  startTrim: number
  endTrim: number
}

/** The access units of a PES payload; what is no control header ends it. */
export function readOpusUnits(payload: Uint8Array): OpusUnit[] {
  const units: OpusUnit[] = []
  let at = 0
  while (at + 3 <= payload.length) {
    const [first = 0, flags = 0] = payload.subarray(at, at + 2)
    // control_header_prefix 0x3FF (11 bits), start_trim_flag, end_trim_flag, control_extension_flag, reserved (2)
    if (first !== 0x7f || (flags & 0xe0) !== 0xe0) break
    at += 2
    // au_size: "while next byte is 0xff"
    let size = 0
    while (payload[at] === 0xff) {
      size += 255
      at += 1
    }
    size += payload[at] ?? 0
    at += 1
    const trim = (): number => {
      const value = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0)
      at += 2
      return value & 0x1fff
    }
    const startTrim = flags & 0x10 ? trim() : 0
    const endTrim = flags & 0x08 ? trim() : 0
    if (flags & 0x04) at += 1 + (payload[at] ?? 0)
    if (size === 0 || at + size > payload.length) break
    units.push({ packet: payload.subarray(at, at + size), startTrim, endTrim })
    at += size
  }
  return units
}

/** Samples of 48 kHz in an Opus packet, by its TOC byte. */
export function opusSamples(packet: Uint8Array): number {
  const [toc = 0, count = 0] = packet
  const config = toc >> 3
  // RFC 6716 table 2: SILK 10, 20, 40, 60 ms; hybrid 10, 20 ms; CELT 2.5, 5, 10, 20 ms
  const frame = config < 12 ? [480, 960, 1920, 2880][config & 3] : config < 16 ? [480, 960][config & 1] : [120, 240, 480, 960][config & 3]
  const frames = (toc & 3) === 0 ? 1 : (toc & 3) === 3 ? count & 0x3f : 2
  return (frame ?? 0) * frames
}

/** Channels by channel_config_code, in the extension descriptor (tag 0x7F, extension 0x80); null when it is not said. */
export function opusChannels(descriptors: readonly { tag: number; data: Uint8Array }[]): number | null {
  for (const { tag, data } of descriptors) {
    const code = data[1] ?? 0
    // 0 is dual mono; 1 to 8 are the Vorbis layouts
    if (tag === 0x7f && data[0] === 0x80 && code <= 8) return code === 0 ? 2 : code
  }
  return null
}
