import { expect, it } from 'vitest'
import { frameRanges } from './multipart.ts'
import { rangeLength } from './range.ts'

it('frames ranges as RFC 9110 clause 14.6 shows, and knows the length beforehand', () => {
  const ranges = [
    { first: 0, last: 1 },
    { first: 4, last: 6 },
  ]
  const framing = frameRanges(ranges, 10, 'video/mp4', 'b0')
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  const body = framing.parts.map(({ head, range }) => text(head) + 'x'.repeat(rangeLength(range))).join('') + text(framing.tail)
  expect(body).toBe(
    '--b0\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-1/10\r\n\r\nxx' +
      '\r\n--b0\r\nContent-Type: video/mp4\r\nContent-Range: bytes 4-6/10\r\n\r\nxxx\r\n--b0--\r\n',
  )
  expect(framing.length).toBe(body.length)
  expect(framing.contentType).toBe('multipart/byteranges; boundary=b0')
})
