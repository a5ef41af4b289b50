/** A small MP4 as if it were larger than 4 GB: `mdat` with a 64-bit size and `co64` where FFmpeg wrote `stco`. */

/** For a file of FFmpeg's with `moov` at the end, and `free` (8 bytes) in front of `mdat`. Offsets of samples stay. */
export function withLargeSizes(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes)
  const free = file.indexOf('free') - 4
  const moov = file.lastIndexOf('moov') - 4
  if (free < 0 || file.readUInt32BE(free) !== 8 || file.toString('latin1', free + 12, free + 16) !== 'mdat' || moov < free) {
    throw new Error('not laid out as FFmpeg does it')
  }
  // unsigned int(32) size = 1; type; unsigned int(64) largesize: 16 bytes, where 8 of `free` and 8 of `mdat` were.
  const mdatBytes = file.readUInt32BE(free + 8)
  file.writeUInt32BE(1, free)
  file.write('mdat', free + 4, 'latin1')
  file.writeBigUInt64BE(BigInt(mdatBytes + 8), free + 8)
  return Buffer.concat([file.subarray(0, moov), enlarge(file.subarray(moov))])
}

const PARENTS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl'])

function enlarge(box: Buffer): Buffer {
  const type = box.toString('latin1', 4, 8)
  if (type === 'stco') {
    const count = box.readUInt32BE(12)
    const large = Buffer.alloc(16 + 8 * count)
    large.writeUInt32BE(large.length, 0)
    large.write('co64', 4, 'latin1')
    box.copy(large, 8, 8, 16)
    for (let index = 0; index < count; index += 1) large.writeBigUInt64BE(BigInt(box.readUInt32BE(16 + 4 * index)), 16 + 8 * index)
    return large
  }
  if (!PARENTS.has(type)) return box
  const children: Buffer[] = []
  for (let at = 8; at < box.length; at += box.readUInt32BE(at)) children.push(enlarge(box.subarray(at, at + box.readUInt32BE(at))))
  const whole = Buffer.concat([box.subarray(0, 8), ...children])
  whole.writeUInt32BE(whole.length, 0)
  return whole
}
