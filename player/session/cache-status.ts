/** The nearest cache's word in a `Cache-Status` field (RFC 9211, section 2): a list, the nearest to the viewer last. */

export interface CacheHop {
  /** `sluice-edge`. */
  cache: string
  hit: boolean
  /** Why it was passed on: `miss`, `stale`, `bypass`, …; null for a hit. */
  forwarded: string | null
}

/** The last member of the list; null when it says nothing of a hit or of passing on. */
export function readCacheStatus(field: string): CacheHop | null {
  // Strings may hold commas and semicolons: they are taken out before it is cut.
  const members = field.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(',')
  const [cache = '', ...parameters] = (members.at(-1) ?? '').split(';').map((part) => part.trim())
  const hit = parameters.includes('hit')
  const forwarded = parameters.find((parameter) => parameter.startsWith('fwd='))?.slice(4) ?? null
  if (cache === '' || (!hit && forwarded === null)) return null
  return { cache, hit, forwarded: hit ? null : forwarded }
}
