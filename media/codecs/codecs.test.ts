/** Codec strings from configurations written out by hand; segment-cutter.node.test.ts has those that FFmpeg writes. */
import { expect, test } from 'vitest'
import { MediaError } from '../errors.ts'
import { aacCodec, readEsds, writeEsds } from './aac.ts'
import { av1Codec } from './av1.ts'
import { avcCodec } from './avc.ts'
import { hevcCodec, keepParameterSets } from './hevc.ts'
import { vp9Codec } from './vp9.ts'

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(' '), (pair) => Number.parseInt(pair, 16))
}

test.each([
  ['01 64 00 1f ff', 'avc1.64001f'],
  ['01 42 e0 0b ff', 'avc1.42e00b'],
])('avcC %s', (hex, string) => {
  expect(avcCodec(bytes(hex))).toBe(string)
})

test.each([
  // Main, main tier, level 3.1; progressive, frame only
  ['01 01 60 00 00 00 90 00 00 00 00 00 5d', 'hvc1.1.6.L93.90'],
  // Main 10, high tier, level 5.1, in profile space 1, no constraint left
  ['01 62 20 00 00 00 00 00 00 00 00 00 99', 'hvc1.A2.4.H153'],
  ['01 04 08 00 00 00 b9 88 00 01 00 00 7b', 'hvc1.4.10.L123.b9.88.00.01'],
])('hvcC %s', (hex, string) => {
  expect(hevcCodec(bytes(hex))).toBe(string)
})

test('hvcC keeps its parameter sets, complete, and loses what the encoder says of itself', () => {
  const head = '01 01 60 00 00 00 90 00 00 00 00 00 5d f0 00 fc fd f8 f8 00 00 0f'
  const sps = '21 00 01 00 02 42 01'
  const pps = '22 00 01 00 01 44'
  const sei = '27 00 02 00 01 4e 00 02 4e 01'
  expect(keepParameterSets(bytes(`${head} 03 ${sei} ${sps} ${pps}`))).toEqual(
    bytes(`${head} 02 ${sps.replace('21', 'a1')} ${pps.replace('22', 'a2')}`),
  )
  expect(() => keepParameterSets(bytes(`${head} 03 ${sei} ${sps}`))).toThrow(MediaError)
})

test.each([
  ['01 00 00 00 00 1f 82 02 02 02 00 00', 'vp09.00.31.08'],
  ['01 00 00 00 02 33 a2 09 10 09 00 00', 'vp09.02.51.10.01.09.16.09.00'],
  ['01 00 00 00 00 0a 83 01 01 01 00 00', 'vp09.00.10.08.01.01.01.01.01'],
])('vpcC %s', (hex, string) => {
  expect(vp9Codec(bytes(hex))).toBe(string)
})

test.each([
  ['81 04 0c 00', 'av01.0.04M.08'],
  ['81 0d cc 00', 'av01.0.13H.10'],
  ['81 50 6c 00', 'av01.2.16M.12'],
])('av1C %s', (hex, string) => {
  expect(av1Codec(bytes(hex))).toBe(string)
})

test.each([
  // Lengths in four bytes, as FFmpeg writes them, with bit rates
  [
    '00 00 00 00 03 80 80 80 22 00 01 00 04 80 80 80 14 40 15 00 00 00 00 01 f4 00 00 01 f4 00 05 80 80 80 02 11 90 06 80 80 80 01 02',
    'mp4a.40.2',
  ],
  // HE-AAC
  ['00 00 00 00 03 19 00 00 00 04 11 40 15 00 00 00 00 00 00 00 00 00 00 00 05 02 2b 92 06 01 02', 'mp4a.40.5'],
  // xHE-AAC: object type 42, by way of the escape 31
  ['00 00 00 00 03 19 00 00 00 04 11 40 15 00 00 00 00 00 00 00 00 00 00 00 05 02 f9 40 06 01 02', 'mp4a.40.42'],
  // MP3
  ['00 00 00 00 03 19 00 00 00 04 11 6b 15 00 00 00 00 00 00 00 00 00 00 00 05 02 00 00 06 01 02', 'mp4a.6b'],
])('esds %s', (hex, string) => {
  const esds = readEsds(bytes(hex))
  expect(aacCodec(esds)).toBe(string)
  expect(readEsds(writeEsds(esds))).toEqual(esds)
})

test('a configuration that ends too early is a MediaError', () => {
  expect(() => avcCodec(bytes('01 64'))).toThrow(MediaError)
  expect(() => readEsds(bytes('00 00 00 00 03 19 00 00 00 04 11 40'))).toThrow(MediaError)
  expect(() => readEsds(bytes('00 00 00 00 04 00'))).toThrow(MediaError)
})
