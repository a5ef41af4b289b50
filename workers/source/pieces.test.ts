import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import type { Piece } from '../../media/source-index/segment.ts'
import { HttpError } from '../errors.ts'
import { openPieces } from './pieces.ts'

const KEY = 'videos/piecespieces/source'
/** A number every four bytes, so that a byte tells its place. */
const SOURCE = Uint8Array.from({ length: 400_000 }, (_, at) => (at % 4 === 0 ? at >> 24 : at >> ((3 - (at % 4)) * 8)) & 0xff)
const head = (...values: number[]): Piece => ({ bytes: Uint8Array.from(values) })

beforeAll(async () => {
  await env.MEDIA.put(KEY, SOURCE)
})

function whole(pieces: Piece[]): Uint8Array {
  const parts = pieces.map((piece) => ('bytes' in piece ? piece.bytes : SOURCE.subarray(piece.offset, piece.offset + piece.length)))
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

it.each([
  ['ranges that lie close', [head(1, 2), { offset: 10, length: 20 }, head(3), { offset: 50, length: 7 }]],
  ['ranges that lie far apart', [{ offset: 5, length: 3 }, { offset: 200_000, length: 100 }, head(9), { offset: 399_990, length: 10 }]],
  ['ranges that go back', [{ offset: 300_000, length: 50 }, head(1), { offset: 100, length: 50 }, { offset: 90, length: 5 }]],
  ['more ranges than reads', Array.from({ length: 40 }, (_, at) => ({ offset: at * 10_000, length: 9 }))],
  ['bytes of our own alone', [head(1, 2, 3)]],
] satisfies [string, Piece[]][])('sends %s', async (_name, pieces) => {
  const expected = whole(pieces)
  const open = openPieces(env.MEDIA, KEY, pieces)
  expect(await new Response(await open(null)).bytes()).toEqual(expected)
  for (const [first, last] of [
    [0, 0],
    [1, expected.length - 1],
    [2, Math.min(expected.length - 1, 30)],
  ] as const) {
    expect(await new Response(await open({ first, last })).bytes()).toEqual(expected.subarray(first, last + 1))
  }
})

it('an object that is gone is an error before the first byte', async () => {
  await expect(openPieces(env.MEDIA, 'videos/gonegonegone/source', [{ offset: 0, length: 5 }])(null)).rejects.toThrow(HttpError)
})
