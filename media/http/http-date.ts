/** Dates in fields (RFC 9110 clause 5.6.7): written as IMF-fixdate, read in that and the two obsolete forms. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/
const RFC850 = /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/

/** `Sun, 06 Nov 1994 08:49:37 GMT`; fractions of a second are cut off. */
export function formatHttpDate(unixMs: number): string {
  return new Date(unixMs).toUTCString()
}

/** Unix milliseconds, or null when the text is no HTTP-date. `nowMs` decides the century of a two-digit year. */
export function parseHttpDate(text: string, nowMs: number): number | null {
  const imf = IMF.exec(text)
  if (imf !== null) return utc(imf[3], imf[2], imf[1], imf.slice(4))
  const asctime = ASCTIME.exec(text)
  if (asctime !== null) return utc(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6))
  const rfc850 = RFC850.exec(text)
  if (rfc850 === null) return null
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(rfc850[3])
  // "a timestamp that appears to be more than 50 years in the future … representing the most recent year in the past"
  return utc(String(year > thisYear + 50 ? year - 100 : year), rfc850[2], rfc850[1], rfc850.slice(4))
}

function utc(year: string | undefined, month: string | undefined, day: string | undefined, time: string[]): number | null {
  const [h, m, s] = time.map(Number)
  const at = MONTHS.indexOf(month ?? '')
  if (h === undefined || m === undefined || s === undefined || at < 0 || h > 23 || m > 59 || s > 60) return null
  const unixMs = Date.UTC(Number(year), at, Number(day), h, m, s)
  const back = new Date(Date.UTC(Number(year), at, Number(day)))
  return back.getUTCMonth() === at && back.getUTCDate() === Number(day) ? unixMs : null
}
