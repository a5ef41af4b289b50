/** What a line of a playlist is (RFC 8216bis 4.1): an address, a tag with its value, or a comment. */
export function splitTag(line: string): 'uri' | 'comment' | { name: string; value: string } {
  if (!line.startsWith('#')) return 'uri'
  if (!line.startsWith('#EXT')) return 'comment'
  const colon = line.indexOf(':')
  return colon < 0 ? { name: line.slice(1), value: '' } : { name: line.slice(1, colon), value: line.slice(colon + 1) }
}
