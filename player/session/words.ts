/** Numbers as the sentences about a session say them. */

/** `4.2 Mbit/s`, `800 kbit/s`. */
export function rateText(bps: number): string {
  return bps >= 999_500 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1000)} kbit/s`
}

/** `1.2 s`, `340 ms`. */
export function timeText(ms: number): string {
  return ms >= 950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`
}

/** `1.2 MB`, `64 kB`, `120 B`. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return bytes >= 1e3 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes)} B`
}

/** `0:32`, `1:02:03`: where something is on a timeline of seconds. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** The end of an address that names it: `720p/12.m4s`. */
export function shortUrl(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/, '')
  return path.split('/').filter(Boolean).slice(-2).join('/') || url
}
