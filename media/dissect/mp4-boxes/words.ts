/** Words that boxes of several topics share. */
import type { FieldReader } from '../field-reader.ts'

/** Sample flags (ISO/IEC 14496-12 8.8.3.1): `sync`, `non-sync, depends on others, disposable`. */
export function sampleFlags(flags: number): string {
  const words = [flags & 0x10000 ? 'non-sync' : 'sync']
  const dependsOn = (flags >>> 24) & 3
  if (dependsOn === 1) words.push('depends on others')
  if (dependsOn === 2) words.push('depends on no others')
  if (((flags >>> 22) & 3) === 2) words.push('disposable')
  return words.join(', ')
}

/** `3:45.200`, `1:02:03.000`, from ticks; nothing where the timescale is 0 or not known. */
export function clock(ticks: number, ticksPerSecond: number): string | undefined {
  if (ticksPerSecond <= 0) return undefined
  const milliseconds = Math.round((ticks / ticksPerSecond) * 1000)
  const [seconds, minutes, hours] = [
    (milliseconds / 1000) % 60,
    Math.floor(milliseconds / 60_000) % 60,
    Math.floor(milliseconds / 3_600_000),
  ]
  const tail = seconds.toFixed(3).padStart(6, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

/** `timescale`, with a problem where it is 0: no time can be told from it. */
export function timescale(r: FieldReader): number {
  const value = r.u32('timescale', 'ticks per second')
  if (value === 0) r.problem(`the timescale of '${r.context.type}' is 0`, { offset: r.offset - 4, length: 4 })
  return value
}

/** A duration in ticks; all ones is "cannot be determined". */
export function duration(r: FieldReader, long: boolean, ticksPerSecond: number): void {
  r.uLong('duration', long, (ticks) => (ticks >= (long ? 2 ** 64 - 2048 : 0xffffffff) ? 'not known' : clock(ticks, ticksPerSecond)))
}
