/** Playlists and MPDs whose addresses carry a query on, so that every player asks for the segments as it asked for the playlist. */

const HLS = 'application/vnd.apple.mpegurl'
const DASH = 'application/dash+xml'

/** How to rewrite a text of this Content-Type; null when nothing in it is an address. */
export function handsOn(type: string | null): ((text: string, query: string) => string) | null {
  return type === HLS ? inPlaylist : type === DASH ? inMpd : null
}

/** Addresses are the lines that are no tags, and the URI attributes of tags (RFC 8216bis 4.1, 4.2). */
function inPlaylist(text: string, query: string): string {
  const lines = text.split('\n').map((line) => {
    if (line === '') return line
    if (!line.startsWith('#')) return withQuery(line, query)
    return line.replace(/([:,]URI=")([^"]*)"/g, (_, before: string, uri: string) => `${before}${withQuery(uri, query)}"`)
  })
  return lines.join('\n')
}

/** Our MPDs have addresses in SegmentTemplate only (ISO/IEC 23009-1 5.3.9.4). */
function inMpd(text: string, query: string): string {
  const escaped = query.replaceAll('&', '&amp;')
  return text.replace(/ (initialization|media)="([^"]*)"/g, (_, name: string, uri: string) => ` ${name}="${withQuery(uri, escaped)}"`)
}

/** Other people's addresses are left alone. */
function withQuery(uri: string, query: string): string {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(uri)) return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${query}`
}
