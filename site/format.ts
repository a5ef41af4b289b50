/** Numbers as people read them: durations, sizes, speeds, dates. Pure, in English, decimal units. */

/** Milliseconds as a clock: `0:07`, `12:05`, `1:02:03`. */
export function formatDuration(durationMs: number): string {
  const total = Math.max(0, Math.round(durationMs / 1000))
  const seconds = String(total % 60).padStart(2, '0')
  const minutes = Math.floor(total / 60) % 60
  const hours = Math.floor(total / 3600)
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** `durationMs` as an ISO 8601 duration for the `datetime` attribute: `PT62S`. */
export function isoDuration(durationMs: number): string {
  return `PT${Math.max(0, Math.round(durationMs / 1000))}S`
}

/** Three digits and a decimal unit: `812 B`, `4.21 MB`, `1.07 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // 999.5 rounds to 1000 with three digits: that is the next unit's 1.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`
}
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes per second: `12.4 MB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** What is left, no finer than it can be known: `a few seconds left`, `40 s left`, `3 min left`, `1 h 20 min left`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 5) return 'a few seconds left'
  if (seconds < 58) return `${Math.ceil(seconds / 5) * 5} s left`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${Math.max(1, minutes)} min left`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`
  return `${Math.round(minutes / 1440)} days left`
}

/** 0 to 1 as whole per cent, rounded down: 100 % is said only when it is true. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100 + 1e-9)} %`
}

/** `just now`, `5 minutes ago`, `yesterday`, `3 days ago`; a date when it is more than 30 days away. */
export function formatRelative(iso: string, nowMs: number): string {
  const thenMs = Date.parse(iso)
  if (Number.isNaN(thenMs)) return ''
  const seconds = (thenMs - nowMs) / 1000
  const distance = Math.abs(seconds)
  if (distance < 45) return 'just now'
  if (distance < 45 * 60) return RELATIVE.format(Math.round(seconds / 60) || Math.sign(seconds), 'minute')
  if (distance < 22 * 3600) return RELATIVE.format(Math.round(seconds / 3600) || Math.sign(seconds), 'hour')
  if (distance < 30 * 86_400) return RELATIVE.format(Math.round(seconds / 86_400) || Math.sign(seconds), 'day')
  return DATE.format(thenMs)
}
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const DATE = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' })

/** Day and minute in the reader's time zone, for titles and fact lists. */
export function formatMoment(iso: string): string {
  const thenMs = Date.parse(iso)
  return Number.isNaN(thenMs) ? '' : MOMENT.format(thenMs)
}
const MOMENT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
