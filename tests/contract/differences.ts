/** Lists of packets, a line each, ours against ffprobe's: what differs, in words. */

/** Lines of a difference that are said; the rest is counted. */
const SHOWN = 3

export function differences(what: string, ours: string[], theirs: string[]): string[] {
  const found: string[] = []
  if (ours.length !== theirs.length) found.push(`${what}: ${ours.length} packets, ffprobe has ${theirs.length}`)
  const differ = ours.flatMap((line, at) => (at < theirs.length && line !== theirs[at] ? [at] : []))
  for (const at of differ.slice(0, SHOWN)) found.push(`${what}, packet ${at}: ${ours[at]}, ffprobe has ${theirs[at]}`)
  if (differ.length > SHOWN) found.push(`${what}: ${differ.length - SHOWN} more`)
  return found
}
